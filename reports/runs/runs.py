"""Where runs are and what is in them: a run is a folder with a `records.jsonl`."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import pandas as pd

from bench.errors import ResultsError
from bench.records.lines import Reader
from bench.records.results import RECORDS_FILE, Record
from reports.ranking.comparisons import Comparison, compare
from reports.records.duplicates import without_duplicates
from reports.records.integrity import examine
from reports.records.run_keys import keys_of
from reports.runs import alterations
from reports.runs.alterations import Altered
from reports.trials import frame

REMEDY = "run `tox -e bench` to make one"


@dataclass(frozen=True)
class LoadedRuns:
    """What the records files of one run, or of several, hold.

    Attributes:
        name: of the run; of several, how many and which days, fit for a file's name.
        problems: one line for each thing in the files that is not in the records.
        runs: the names of all of them.
        keys: `reports.records.run_keys.run_key` of each run, by the name that its records give it.
        digests: of the records of each run that has them, by its name.
        altered: one line for each thing in a file that is not as it was written, by the run's name.
    """

    name: str
    records: tuple[Record, ...]
    problems: tuple[str, ...]
    runs: tuple[str, ...] = ()
    keys: Mapping[str, str] = field(default_factory=dict)
    digests: Mapping[str, str] = field(default_factory=dict)
    altered: Altered = field(default_factory=dict)

    @cached_property
    def table(self) -> pd.DataFrame:
        """One row per record: `reports.trials.frame.trials`, made once."""
        return frame.trials(self.records, processes=True)

    @cached_property
    def comparisons(self) -> tuple[Comparison, ...]:
        """What of it may be compared, made once."""
        return compare(self.records, table=self.table)

    def select_records(self, machine: str) -> list[Record]:
        """The records of a machine, by its key."""
        keys = self.table["machine"].tolist()
        return [record for record, key in zip(self.records, keys, strict=True) if key == machine]

    @property
    def alterations(self) -> tuple[str, ...]:
        """What is not as it was written, each line with the run's name."""
        return alterations.list_alterations(self.altered)

    @property
    def warnings(self) -> tuple[str, ...]:
        """Alterations and problems, where there is one place for both."""
        return (*(f"{alterations.TITLE}: {line}" for line in self.alterations), *self.problems)

    @property
    def title(self) -> str:
        """What a page about it is called."""
        return f"Run {self.name}" if len(self.runs) < 2 else f"{len(self.runs)} runs"


def read_runs(*folders: Path) -> LoadedRuns:
    """The run in a folder, or the runs in several.

    Raises:
        ResultsError: records cannot be read, or there is none at all.
    """
    records, problems = _read(folders)
    if not records:
        raise ResultsError(_nothing(folders[0] / RECORDS_FILE, problems))
    unique, doubled = without_duplicates(records)
    integrity_of = {folder.resolve().name: examine(folder) for folder in folders}
    runs = tuple(integrity_of)
    return LoadedRuns(
        make_name(runs),
        tuple(unique),
        (*problems, *doubled),
        runs,
        keys_of(records),
        digests={
            name: integrity.digest for name, integrity in integrity_of.items() if integrity.digest
        },
        altered={
            name: integrity.alterations
            for name, integrity in integrity_of.items()
            if integrity.alterations
        },
    )


def _read(folders: Sequence[Path]) -> tuple[list[Record], list[str]]:
    reader = Reader()
    records: list[Record] = []
    problems: list[str] = []
    for folder in folders:
        own, wrong = reader.read(folder / RECORDS_FILE)
        if not own and len(folders) > 1:
            wrong = [*wrong, _nothing(folder / RECORDS_FILE, wrong)]
        records += own
        problems += wrong if len(folders) == 1 else [f"{folder.name}: {line}" for line in wrong]
    return records, problems


def make_name(runs: Sequence[str]) -> str:
    """What several runs are called together, fit for a file's name."""
    return runs[0] if len(runs) == 1 else f"{len(runs)}-runs-until-{max(runs)}"


def list_folders(results: Path) -> list[Path]:
    """The folders of all runs in a results folder, oldest first.

    Raises:
        ResultsError: there is none.
    """
    find_folder(None, results)
    return [results / name for name in list_names(results)]


def find_folders(runs: Sequence[str], results: Path) -> list[Path]:
    """The folders of these runs, or of the newest where none is named; see `find`."""
    if not runs:
        return [find_folder(None, results)]
    return list(
        {path.resolve(): path for path in (find_folder(run, results) for run in runs)}.values()
    )


def list_names(results: Path) -> list[str]:
    """The names of the runs in a results folder, oldest first.

    Age is that of the last record written; runs of one age are in order of their names.
    """
    try:
        ages = [(path.stat().st_mtime_ns, path.parent.name) for path in _files(results)]
    except OSError as error:
        raise ResultsError(
            f"Results folder {str(results)!r} cannot be read ({error.strerror}); expected a folder "
            "of runs; check its permissions."
        ) from error
    return [name for _, name in sorted(ages)]


def find_folder(run: str | None, results: Path) -> Path:
    """The folder of a run: of the newest one, of a name in `results`, or of a path.

    Raises:
        ResultsError: there is no such run; the message lists those there are.
    """
    if os.path.isfile(results):
        raise ResultsError(
            f"--results {str(results)!r} is a file; expected a folder of runs; name another."
        )
    present = list_names(results)
    if run is None:
        if not present:
            raise ResultsError(
                f"No run was found in {str(results)!r}; expected a folder with a {RECORDS_FILE} "
                f"in it; {REMEDY}, or name a folder of runs with --results."
            )
        return results / present[-1]
    if run in present:
        return results / run
    # os.path: it says False, and does not raise, for a name that no file can have.
    if os.path.isfile(Path(run) / RECORDS_FILE):
        return Path(run)
    choices = ", ".join(repr(name) for name in present) or "no run so far"
    raise ResultsError(
        f"Run {run!r} was not found; expected the path of a folder with a {RECORDS_FILE}, or a "
        f"run in {str(results)!r} (there: {choices}); name one of those, or {REMEDY}."
    )


def find_records_files(path: Path) -> list[Path]:
    """The records files that a results folder, a run folder or a records file stands for.

    Raises:
        ResultsError: there is none.
    """
    if path.is_file():
        return [path]
    if (path / RECORDS_FILE).is_file():
        return [path / RECORDS_FILE]
    if files := _files(path):
        return files
    raise ResultsError(
        f"No records were found at {str(path)!r}; expected a results folder, a run's folder or a "
        f"{RECORDS_FILE}; {REMEDY}."
    )


def _files(results: Path) -> list[Path]:
    return sorted(results.glob(f"*/{RECORDS_FILE}"))


def _nothing(path: Path, problems: list[str]) -> str:
    reason = (
        f"only lines that cannot be read, such as: {problems[0]}" if problems else "it is empty"
    )
    return (
        f"Records {str(path)!r} hold no trial ({reason.rstrip('.')}); expected one record a line; "
        "run `tox -e bench` again."
    )
