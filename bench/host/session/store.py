"""The folder of results: records are on the disk before the next trial starts."""

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from io import FileIO
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from bench.errors import ResultsError, explain_os_error
from bench.records.chain import NOTHING, add_seal, parse_seal
from bench.records.lines import encode
from bench.records.manifest import End, Manifest, read_manifest, read_opening_digest, write_manifest
from bench.records.results import RECORDS_FILE, Record

# What a host that was killed while it wrote left of a record.
TORN_FILE = "records.torn"
LOCK_FILE = ".lock"
LOGS = "logs"
TAIL_BYTES = 2**16


@dataclass(frozen=True)
class RunFolder:
    """A folder `results/<name>`: run.json, records.jsonl, benchmark.json, report.html, logs/."""

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
        """pytest-benchmark's own file."""
        return self.folder / "benchmark.json"

    def log_file(self, trial_id: str) -> Path:
        """Where a trial's worker prints."""
        return self.folder / LOGS / f"{trial_id}.log"

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Keep every other process from writing this run; a dead process keeps nobody.

        Raises:
            ResultsError: another process writes it, or the folder cannot be written.
        """
        lock = FileLock(self.folder / LOCK_FILE)
        with _writing(self.folder):
            # Of a run that goes on, somebody may have removed them, or left a link to them.
            (self.folder / LOGS).mkdir(exist_ok=True)
            try:
                lock.acquire(blocking=False)
            except Timeout as error:
                raise ResultsError(
                    f"Run {self.name!r} is being written by another process; expected one process "
                    "for each run; wait until it has ended, or start a run of its own."
                ) from error
        try:
            yield
        finally:
            lock.release()

    def write(self, manifest: Manifest) -> None:
        """Write down what the run is, before its first record, and where it ended.

        Raises:
            ResultsError: it cannot be written.
        """
        with _writing(self.folder):
            write_manifest(self.folder, manifest)

    def close(self) -> None:
        """Write down how far the run has come, if it says what it is.

        Raises:
            ResultsError: it cannot be written.
        """
        manifest = read_manifest(self.folder)
        if manifest is None or not self.has_records:
            return
        with self.records_file.open("rb") as stream:
            records = sum(1 for line in stream if line.strip())
            self.write(Manifest(manifest.opening, End(records, _last_digest(stream))))

    def open_again(self) -> str | None:
        """Make the run one that can be appended to; a sentence of what had to be set aside for it.

        Raises:
            ResultsError: its files cannot be written.
        """
        manifest = read_manifest(self.folder)
        if manifest is not None:
            self.write(Manifest(manifest.opening))
        with _writing(self.folder):
            torn = _set_torn_aside(self.records_file) if self.has_records else 0
        if not torn:
            return None
        return (
            f"{RECORDS_FILE} ended in {torn:,} bytes of a record, as a process leaves it that is "
            f"killed while it writes: they are in {TORN_FILE} now, and the trial is run again."
        )

    def append(self, record: Record) -> None:
        """Add a record; it is on the disk when this returns.

        Raises:
            ResultsError: it cannot be written; the records before it stay.
        """
        with _writing(self.folder):
            with self.records_file.open("a+b", buffering=0) as stream:
                before = stream.seek(0, os.SEEK_END)
                previous = _last_digest(stream) if before else read_opening_digest(self.folder)
                line = (add_seal(encode(record), previous) + "\n").encode()
                try:
                    _write_whole(stream, line)
                    os.fsync(stream.fileno())
                except OSError:
                    stream.truncate(before)  # no half line for the next reader to stumble over
                    raise
            if not before:
                _flush_folder(self.folder)


def create_run(
    results: Path, plan: str, now: Callable[[], datetime] = lambda: datetime.now(UTC)
) -> RunFolder:
    """A new folder, named by time (UTC) and plan.

    Raises:
        ResultsError: the results folder cannot be written.
    """
    stem = f"{now():%Y%m%dT%H%M%SZ}-{plan}"
    for number in range(1, 100):
        name = stem if number == 1 else f"{stem}-{number}"
        folder = results.absolute() / name
        with _writing(results):
            try:
                (folder / LOGS).mkdir(parents=True)
            except FileExistsError:
                if folder.is_dir():
                    continue  # another run of the same second
                raise
        return RunFolder(name, folder)
    raise ResultsError(f"There are 99 runs called {stem!r} in {str(results)!r}; move them away.")


def choose_summary_file(results: Path) -> Path:
    """Choose a new file for the summary of a verification: `verify/<time>.json`.

    Raises:
        ResultsError: the folder cannot be made.
    """
    folder = results.absolute() / "verify"
    stem = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
    names = (stem, *(f"{stem}-{number}" for number in range(2, 1000)))
    with _writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        return next(file for name in names if not (file := folder / f"{name}.json").exists())


def _write_whole(stream: FileIO, content: bytes) -> None:
    """Write all of it: on a disk that fills up, write() may take a part and say so."""
    while content:
        content = content[stream.write(content) :]


def _last_line(stream: Any) -> bytes:
    """The last line of a file, read from its end on: lines before it may be many."""
    end = stream.seek(0, os.SEEK_END)
    tail = b""
    while end and b"\n" not in tail.rstrip(b"\n"):
        start = max(0, end - TAIL_BYTES)
        stream.seek(start)
        tail = stream.read(end - start) + tail
        end = start
    return tail.rstrip(b"\n").rpartition(b"\n")[2]


def _last_digest(stream: Any) -> str:
    seal = parse_seal(_last_line(stream))
    return seal.digest if seal else NOTHING


def _set_torn_aside(path: Path) -> int:
    """Move what follows the last whole line into a file of its own; gives how many bytes."""
    with path.open("r+b") as stream:
        stream.seek(-1, os.SEEK_END)
        torn = b"" if stream.read(1) == b"\n" else _last_line(stream)
        if torn:
            # First the copy, on the disk, then the cut: nothing is gone, whenever we are killed.
            with path.with_name(TORN_FILE).open("ab") as aside:
                aside.write(torn + b"\n")
                aside.flush()
                os.fsync(aside.fileno())
            stream.truncate(stream.seek(0, os.SEEK_END) - len(torn))
            os.fsync(stream.fileno())
    return len(torn)


def _flush_folder(folder: Path) -> None:
    """Put a new file's name on the disk too: after a power cut it would have none."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _writing(folder: Path) -> AbstractContextManager[None]:
    remedy = "expected a folder of yours with room in it; name another with --results."
    failure = f"The results folder {str(folder)!r} cannot be written"
    return explain_os_error(ResultsError, failure, remedy)
