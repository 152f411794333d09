"""Records from files as a data frame of trials, each with what its own run's report says of it."""

import warnings
from collections.abc import Iterable, Sequence
from os import PathLike
from pathlib import Path

import pandas as pd

from bench.records.lines import Reader
from bench.records.results import Record
from reports.ranking.comparisons import Comparison, compare
from reports.runs.folders import find_records_files
from reports.trials import columns, frame

RANK_COLUMNS: dict[str, str] = {
    "ranked": "whether the report of the trial's run ranks its row",
    "unranked_reason": "why not, None where it does",
}
COLUMNS: dict[str, str] = columns.TRIAL_COLUMNS | RANK_COLUMNS


def load(path: str | PathLike[str]) -> pd.DataFrame:
    """The trials in a results folder, a run's folder or a records file, one row each.

    `COLUMNS` says what is in the columns. Each line that is no record is a warning.

    Raises:
        ResultsError: there are no records at `path`, or they cannot be read.
    """
    records: list[Record] = []
    refusals: list[str | None] = []
    reader = Reader()
    for file in find_records_files(Path(path)):
        own, problems = reader.read(file)
        records += own
        refusals += collect_refusals(compare(own), own)
        for problem in problems:
            warnings.warn(f"{file.parent.name}: {problem}", stacklevel=2)
    return add_ranks(frame.build_trials(records), refusals)


def add_ranks(trials: pd.DataFrame, refusals: Sequence[str | None]) -> pd.DataFrame:
    """The frame of trials with `RANK_COLUMNS`.

    Args:
        refusals: for each trial why its row is not ranked, None where it is.
    """
    ranked = [refusal is None for refusal in refusals]
    return trials.assign(
        ranked=pd.Series(ranked, dtype=bool), unranked_reason=pd.Series(refusals, dtype=object)
    )


def collect_refusals(
    comparisons: Iterable[Comparison], records: Sequence[Record]
) -> list[str | None]:
    """Say for each record why its row is not ranked, None where it is."""
    refusals: list[str | None] = [None] * len(records)
    for row in (row for comparison in comparisons for row in comparison.rows):
        for place in row.places:
            refusals[place] = row.refusal
    return refusals
