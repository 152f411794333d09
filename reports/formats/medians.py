"""The series of a run as CSV: a row each, with medians and intervals in base units."""

import pandas as pd

from reports.formats.measurements import collect_values
from reports.formats.series import NamedRow, name_rows
from reports.ranking.metrics import METRICS
from reports.ranking.rows import Row
from reports.runs.loading import LoadedRuns

Cells = dict[str, str | int | float | bool | None]


def to_series_csv(run: LoadedRuns) -> str:
    """One row per series, those without a number too; a quantity's columns as in the trials' CSV.

    The bounds of its interval have `low_` and `high_` before that name.
    """
    rows = [_facts(named) | _numbers(named.row) for named in name_rows(run.comparisons)]
    return pd.DataFrame(rows).to_csv(index=False)


def _facts(named: NamedRow) -> Cells:
    work, key = named.comparison.work, named.row.key
    return {
        "series": named.name,
        "model": work.model,
        "dataset": work.dataset,
        "framework": key.framework,
        "framework_version": named.row.version,
        "mode": key.mode,
        "settings": key.settings,
        "layout": key.layout,
        "input": key.input,
        "precision": work.precision,
        "device": work.device,
        "batch_size": work.batch_size,
        "commit": named.commit,
        "machine": named.machine,
        "ranked": named.ranked,
        "unranked_reason": named.row.refusal,
        "trials": len(named.row.records),
        "invocations": len(named.row.finished),
    }


def _numbers(row: Row) -> Cells:
    prefixes = ("", "low_", "high_")
    cells: Cells = {f"{prefix}{metric.column}": None for metric in METRICS for prefix in prefixes}
    for each in collect_values(row, base_units=True):
        numbers = (each.value, each.low, each.high)
        names = (f"{prefix}{each.metric.column}" for prefix in prefixes)
        cells |= zip(names, numbers, strict=True)
    return cells
