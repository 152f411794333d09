"""The series of a run as CSV: a row each, with medians and intervals in base units."""

import pandas as pd

from reports.formats.measurements import MetricValue, collect_base_values
from reports.formats.series import NamedRow, name_rows
from reports.ranking.metrics import METRICS
from reports.runs.loaded import LoadedRuns

Cells = dict[str, str | int | float | bool | None]


def to_series_csv(run: LoadedRuns) -> str:
    """One row per series, those without a number too; a quantity's columns as in the trials' CSV.

    The bounds of its interval have `low_` and `high_` before that name.
    """
    rows = [
        _facts(named) | _numbers(collect_base_values(named.row))
        for named in name_rows(run.comparisons)
    ]
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


def _numbers(values: tuple[MetricValue, ...]) -> Cells:
    by_column = {each.metric.column: each for each in values}
    cells: Cells = {}
    for metric in METRICS:
        each = by_column.get(metric.column)
        cells[metric.column] = each.value if each else None
        cells[f"low_{metric.column}"] = each.low if each else None
        cells[f"high_{metric.column}"] = each.high if each else None
    return cells
