"""The trials of a run as one table, the same that `reports.load` gives of it."""

import pandas as pd

from reports.runs.loaded import LoadedRuns
from reports.runs.loading import add_ranks, collect_refusals


def build_trial_table(run: LoadedRuns) -> pd.DataFrame:
    """One row per trial, with the columns of `reports.runs.loading.COLUMNS`."""
    return add_ranks(run.table, collect_refusals(run.comparisons, run.records))


def to_csv(run: LoadedRuns) -> str:
    """The table as CSV."""
    return build_trial_table(run).to_csv(index=False)
