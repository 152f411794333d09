"""The trials of a run as one table, the same that `reports.load` gives of it."""

import pandas as pd

from reports.runs.loading import refusals_in, with_ranks
from reports.runs.runs import Run


def trial_table(run: Run) -> pd.DataFrame:
    """One row per trial, with the columns of `reports.runs.loading.COLUMNS`."""
    return with_ranks(run.table, refusals_in(run.comparisons, run.records))


def document(run: Run) -> str:
    """The table as CSV."""
    return trial_table(run).to_csv(index=False)
