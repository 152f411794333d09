"""The tables of the database in SQL's own terms, and what goes into them.

`docs/guides/history.md` describes the columns.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC
from typing import Any, get_type_hints

import pandas as pd
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    DateTime,
    Double,
    Index,
    Inspector,
    MetaData,
    Table,
    Text,
    inspect,
)
from sqlalchemy.types import TypeEngine

from bench.errors import ResultsError
from bench.optimizer import Optimizer
from bench.records.results import Record, Trial
from reports.ranking.comparisons import Comparison, compare
from reports.ranking.metrics import METRICS, Metric
from reports.ranking.rows import Row
from reports.runs.loading import COLUMNS, LoadedRuns, add_ranks
from reports.text.output import drop_surrogates
from reports.trials.certificates import read_number
from reports.trials.measured import measure_columns

# A position among the records that happened to be loaded together is nothing to keep.
LEFT_OUT = "record"
LARGEST_INTEGER = 2**63 - 1
TIME = DateTime(timezone=True)
# Of the columns that are fields of a record, of its trial or of the trial's optimizer.
FIELDS = get_type_hints(Record) | get_type_hints(Trial) | get_type_hints(Optimizer)
OF_FIELDS: dict[Any, TypeEngine[Any]] = {
    int: BigInteger(),
    int | None: BigInteger(),
    float: Double(),
}
NUMBERS = (
    "throughput_by_partner",
    "test_samples",
    "quantities",
    "worst_error_float64",
    "worst_error_float32",
    *(measure_columns(()).keys() - {"measured_blocks", "bound"}),
)
TYPES: dict[str, TypeEngine[Any]] = {
    **{name: OF_FIELDS.get(FIELDS.get(name), Text()) for name in COLUMNS},
    **dict.fromkeys(NUMBERS, Double()),
    "measured_blocks": BigInteger(),
    "ranked": Boolean(),
    "started": TIME,
}

METADATA = MetaData()
Values = dict[str, Any]

RUNS = Table(
    "samestep_runs",
    METADATA,
    # The only unique key: it is what keeps two writers of one run apart.
    Column("run_id", Text, primary_key=True),
    Column("run", Text),
    Column("time", TIME),
    Column("plan", Text),
    Column("commit", Text),
    Column("machine", Text),
    Column("trials", BigInteger),
)
TRIALS = Table(
    "samestep_trials",
    METADATA,
    Column("run_id", Text, nullable=False),
    *(Column(name, TYPES[name]) for name in COLUMNS if name != LEFT_OUT),
    Index("samestep_trials_by_run", "run_id"),
)
SERIES = Table(
    "samestep_series",
    METADATA,
    Column("run_id", Text, nullable=False),
    Column("run", Text),
    Column("time", TIME),
    Column("series", Text),
    Column("conditions", Text),
    Column("metric", Text),
    Column("value", Double),
    Column("low", Double),
    Column("high", Double),
    Column("count", BigInteger),
    Column("unit", Text),
    Column("commit", Text),
    Column("version", Text),
    Column("machine", Text),
    Column("ranked", Boolean),
    Index("samestep_series_by_run", "run_id"),
    Index("samestep_series_by_metric", "metric", "series", "time"),
)


def create_tables(connection: Connection) -> None:
    """Make the tables where they are not there yet.

    Raises:
        ResultsError: there is a table of one of the names, and of another shape.
    """
    inspector = inspect(connection)
    for table in METADATA.sorted_tables:
        if inspector.has_table(table.name) and (wrong := _wrong(inspector, table)):
            raise ResultsError(
                f"Table {table.name!r} of the database has another shape ({wrong}); expected the "
                "columns that docs/guides/history.md lists; rename or drop it, and write the runs "
                "again."
            )
    METADATA.create_all(connection)


def _wrong(inspector: Inspector, table: Table) -> str | None:
    there = {column["name"]: _kind(column["type"]) for column in inspector.get_columns(table.name)}
    expected = {column.name: _kind(column.type) for column in table.columns}
    for name, kind in expected.items():
        if name not in there:
            return f"no column {name!r}"
        if there[name] is not kind:
            return f"column {name!r} is of another type"
    return next((f"a column {name!r} of its own" for name in there if name not in expected), None)


def _kind(of: TypeEngine[Any]) -> type | None:
    try:
        return of.python_type
    except NotImplementedError:
        return None


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
            "version": row.key.version,
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
