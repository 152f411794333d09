"""What goes into the tables of the database, as values that every database takes."""

import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC
from typing import Any

import pandas as pd
from sqlalchemy import BigInteger, Boolean, DateTime, Double, Table

from reports.history.database_tables import RUNS, SERIES, TRIALS
from reports.ranking.comparisons import Comparison, compare
from reports.ranking.metrics import METRICS, Metric
from reports.ranking.rows import Row
from reports.runs.loading import LoadedRuns, add_ranks
from reports.text.output import drop_surrogates
from reports.trials.certificates import read_number

LARGEST_INTEGER = 2**63 - 1

Values = dict[str, Any]


def to_rows(content: LoadedRuns) -> dict[Table, list[Values]]:
    """All rows of all tables."""
    comparisons = compare(content.records, by_run=True, table=content.table)
    trials = add_ranks(content.table, comparisons)
    runs = {str(run): own for run, own in trials.groupby("run", sort=False)}
    started = {run: own["started"].min() for run, own in runs.items()}
    trials["run_id"] = trials["run"].map(content.keys)
    tables: dict[Table, Sequence[Mapping[Any, Any]]] = {
        RUNS: [
            own.iloc[0][["plan", "commit", "machine"]].to_dict()
            | {"run_id": content.keys[run], "run": run, "time": started[run], "trials": len(own)}
            for run, own in runs.items()
        ],
        TRIALS: trials.astype(object).to_dict("records"),
        SERIES: [
            values
            for comparison in comparisons
            for values in _series(comparison, content.keys, started)
        ],
    }
    return {table: [_clean(table, row) for row in rows] for table, rows in tables.items()}


def _series(
    comparison: Comparison, keys: Mapping[str, str], started: Mapping[str, Any]
) -> Iterator[Values]:
    work = comparison.work
    for row in comparison.rows:
        shared = {
            "run_id": keys[work.run],
            "run": work.run,
            "time": started[work.run],
            "series": row.records[0].trial.series,
            "conditions": "; ".join(work.conditions.values()),
            "commit": row.records[0].commit,
            "version": row.version,
            "machine": work.machine,
            "ranked": row.refusal is None,
        }
        yield from (shared | numbers for metric in METRICS if (numbers := _median(row, metric)))


def _median(row: Row, metric: Metric) -> Values | None:
    interval = row.estimate(metric.column)
    if not interval.count:
        return None
    return {
        "metric": metric.name,
        "value": interval.median / metric.scale,
        "low": interval.low / metric.scale,
        "high": interval.high / metric.scale,
        "count": interval.count,
        "unit": metric.unit,
    }


def _clean(table: Table, row: Mapping[str, Any]) -> Values:
    return {column.name: _value(column.type, row[column.name]) for column in table.columns}


def _value(kind: Any, value: Any) -> Any:
    """What the column takes; None of what is not known, or of what no database can hold."""
    if value is None or value is pd.NaT or (isinstance(value, float) and math.isnan(value)):
        return None
    if isinstance(kind, DateTime):
        # SQLite keeps no time zone: all times are in UTC.
        return pd.Timestamp(value).tz_convert(UTC).to_pydatetime(warn=False)
    if isinstance(kind, BigInteger):
        return int(value) if abs(value) <= LARGEST_INTEGER else None
    if isinstance(kind, Boolean):
        return bool(value)
    if isinstance(kind, Double):
        number = read_number(value)
        return number if math.isfinite(number) else None
    # PostgreSQL takes no NUL.
    return drop_surrogates(str(value)).replace("\0", "\N{REPLACEMENT CHARACTER}")
