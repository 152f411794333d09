"""Runs as they are read from their folders: several of them together, or as a frame of trials."""

import os
import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain
from os import PathLike
from pathlib import Path

import pandas as pd

from bench.errors import ResultsError
from bench.records.lines import Reader
from bench.records.results import RECORDS_FILE, Record
from reports.ranking.comparisons import Comparison, compare
from reports.records import integrity
from reports.records.identity import drop_duplicates, make_run_keys
from reports.runs.folders import find_records_files
from reports.trials import columns, frame

RANK_COLUMNS: dict[str, str] = {
    "ranked": "whether the report of the trial's run ranks its row",
    "unranked_reason": "why not, None where it does",
}
COLUMNS: dict[str, str] = columns.TRIAL_COLUMNS | RANK_COLUMNS


@dataclass(frozen=True)
class LoadedRuns:
    """What the records files of one run, or of several, hold.

    Attributes:
        name: of the run; of several, how many and which days, fit for a file's name.
        problems: one line for each thing in the files that is not in the records.
        runs: the names of all of them.
        keys: `reports.records.identity.make_run_key` of each run, by the name in its records.
        digests: of the records of each run that has them, by its name.
        altered: one line for each thing in a file that is not as it was written, by the run's name.
    """

    name: str
    records: tuple[Record, ...]
    problems: tuple[str, ...]
    runs: tuple[str, ...] = ()
    keys: Mapping[str, str] = field(default_factory=dict)
    digests: Mapping[str, str] = field(default_factory=dict)
    altered: integrity.Altered = field(default_factory=dict)

    @cached_property
    def table(self) -> pd.DataFrame:
        """One row per record: `reports.trials.frame.build_trials`, made once."""
        return frame.build_trials(self.records, processes=True)

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
        return integrity.list_alterations(self.altered)

    @property
    def warnings(self) -> tuple[str, ...]:
        """Alterations and problems, where there is one place for both."""
        return (*(f"{integrity.TITLE}: {line}" for line in self.alterations), *self.problems)

    @property
    def title(self) -> str:
        """What a page about it is called."""
        return f"Run {self.name}" if len(self.runs) < 2 else f"{len(self.runs)} runs"


def read_runs(*folders: Path) -> LoadedRuns:
    """The run in a folder, or the runs in several.

    Raises:
        ResultsError: the records of one cannot be read, those of each of several, or there is none.
    """
    records, problems, folders = _read(folders)
    if not records:
        raise ResultsError(explain_no_trial(folders[0] / RECORDS_FILE, problems))
    unique, doubled = drop_duplicates(records)
    integrity_of = {
        Path(os.path.realpath(folder)).name: integrity.examine(folder) for folder in folders
    }
    runs = tuple(integrity_of)
    return LoadedRuns(
        make_name(runs),
        tuple(unique),
        (*problems, *doubled),
        runs,
        make_run_keys(records),
        digests={name: own.digest for name, own in integrity_of.items() if own.digest},
        altered={name: own.alterations for name, own in integrity_of.items() if own.alterations},
    )


def load(path: str | PathLike[str]) -> pd.DataFrame:
    """The trials in a results folder, a run's folder or a records file, one row each.

    `COLUMNS` says what is in the columns: also what the report of a trial's own run says of it.
    Each line that is no record is a warning.

    Raises:
        ResultsError: there are no records at `path`, or they cannot be read.
    """
    reader = Reader()
    files: list[list[Record]] = []
    paths = find_records_files(Path(path))
    for file in paths:
        try:
            records, problems = reader.read(file)
        except ResultsError as error:
            if len(paths) == 1:
                raise
            records, problems = [], [f"it was left out: {error}"]
        files.append(records)
        for problem in problems:
            warnings.warn(f"{file.parent.name}: {problem}", stacklevel=2)
    trials = frame.build_trials(chain.from_iterable(files))
    parts, start = [], 0
    for records in files:
        part = trials.iloc[start : start + len(records)]
        parts.append(add_ranks(part, compare(records, table=part)))
        start += len(records)
    return pd.concat(parts)


def add_ranks(trials: pd.DataFrame, comparisons: Iterable[Comparison]) -> pd.DataFrame:
    """The frame of the trials that were compared, with `RANK_COLUMNS`."""
    refusals: list[str | None] = [None] * len(trials)
    for row in (row for comparison in comparisons for row in comparison.rows):
        for place in row.places:
            refusals[place] = row.refusal
    ranked = [refusal is None for refusal in refusals]
    return trials.assign(
        ranked=pd.Series(ranked, index=trials.index, dtype=bool),
        unranked_reason=pd.Series(refusals, index=trials.index, dtype=object),
    )


def make_name(runs: Sequence[str]) -> str:
    """What several runs are called together, fit for a file's name."""
    return runs[0] if len(runs) == 1 else f"{len(runs)}-runs-until-{max(runs)}"


def _read(folders: Sequence[Path]) -> tuple[list[Record], list[str], tuple[Path, ...]]:
    """The records in folders, what cannot be read, and the folders that can."""
    reader = Reader()
    readable: list[Path] = []
    records: list[Record] = []
    problems: list[str] = []
    for folder in folders:
        try:
            own, wrong = reader.read(folder / RECORDS_FILE)
        except ResultsError as error:
            # One that cannot be read keeps nobody from the others.
            if folder == folders[-1] and not readable:
                raise
            problems.append(f"{folder.name} was left out: {error}")
            continue
        readable.append(folder)
        if not own and len(folders) > 1:
            wrong = [*wrong, explain_no_trial(folder / RECORDS_FILE, wrong)]
        records += own
        problems += wrong if len(folders) == 1 else [f"{folder.name}: {line}" for line in wrong]
    return records, problems, tuple(readable)


def explain_no_trial(path: Path, problems: list[str]) -> str:
    """Say that a file has no record, and why."""
    unreadable = "only lines that cannot be read, such as:"
    reason = f"{unreadable} {problems[0]}" if problems else "it is empty"
    return (
        f"Records {str(path)!r} hold no trial ({reason.rstrip('.')}); expected one record a line; "
        "name another run, or run `tox -e bench` again."
    )
