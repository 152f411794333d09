"""A run's folder: records are appended and on the disk before the next trial starts."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from io import FileIO
from pathlib import Path

from bench.errors import ResultsError
from bench.results import RECORDS_FILE, Record, encode


@dataclass(frozen=True)
class Run:
    """A folder `results/<name>` with records.jsonl, benchmark.json, report.html and logs/."""

    name: str
    folder: Path

    @property
    def records_file(self) -> Path:
        """One record a line."""
        return self.folder / RECORDS_FILE

    @property
    def has_records(self) -> bool:
        """Whether any trial has ended."""
        return self.records_file.exists() and self.records_file.stat().st_size > 0

    @property
    def benchmark_file(self) -> Path:
        """pytest-benchmark's own file; no other .json lies in the folder."""
        return self.folder / "benchmark.json"

    def log_file(self, trial_id: str) -> Path:
        """Where a trial's worker prints."""
        return self.folder / "logs" / f"{trial_id}.log"

    def append(self, record: Record) -> None:
        """Add a record; it is on the disk when this returns.

        Raises:
            ResultsError: it cannot be written; the records before it stay.
        """
        line = (encode(record) + "\n").encode()
        try:
            with self.records_file.open("ab", buffering=0) as stream:
                before = stream.tell()
                try:
                    _write_whole(stream, line)
                    os.fsync(stream.fileno())
                except OSError:
                    stream.truncate(before)  # no half line for the next reader to stumble over
                    raise
        except OSError as error:
            raise _unwritable(self.folder, error) from error


def create_run(
    results: Path, plan: str, now: Callable[[], datetime] = lambda: datetime.now(UTC)
) -> Run:
    """A new folder, named by time (UTC) and plan.

    Raises:
        ResultsError: the results folder cannot be written.
    """
    stem = f"{now():%Y%m%dT%H%M%SZ}-{plan}"
    for number in range(1, 100):
        name = stem if number == 1 else f"{stem}-{number}"
        folder = results.absolute() / name
        try:
            (folder / "logs").mkdir(parents=True)
        except FileExistsError as error:
            if folder.is_dir():
                continue  # another run of the same second
            raise _unwritable(results, error) from error
        except OSError as error:
            raise _unwritable(results, error) from error
        return Run(name, folder)
    raise ResultsError(f"There are 99 runs called {stem!r} in {str(results)!r}; move them away.")


def _write_whole(stream: FileIO, content: bytes) -> None:
    """Write all of it: on a disk that fills up, write() may take a part and say so."""
    while content:
        content = content[stream.write(content) :]


def _unwritable(folder: Path, error: OSError) -> ResultsError:
    return ResultsError(
        f"The results folder {str(folder)!r} cannot be written ({error.strerror}); expected a "
        "folder of yours with room in it; name another with --results."
    )
