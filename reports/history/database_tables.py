"""The tables of the database in SQL's own terms; `docs/guides/history.md` describes the columns."""

from typing import Any

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
from reports.runs.loading import COLUMNS
from reports.trials.measured import measure_columns

INTEGERS = (
    "batch_size",
    "epochs",
    "evaluate_every",
    "seed",
    "repeat",
    "position",
    "threads",
    "parameters",
    "measured_blocks",
)
NUMBERS = (
    "learning_rate",
    "momentum",
    "weight_decay",
    "beta1",
    "beta2",
    "epsilon",
    "throughput_by_partner",
    "test_samples",
    "quantities",
    "worst_error_float64",
    "worst_error_float32",
    *(measure_columns(()).keys() - {"measured_blocks", "bound"}),
)
# A position among the records that happened to be loaded together is nothing to keep.
LEFT_OUT = "record"
TIME = DateTime(timezone=True)
TYPES: dict[str, TypeEngine[Any]] = {
    **dict.fromkeys(COLUMNS, Text()),
    **dict.fromkeys(INTEGERS, BigInteger()),
    **dict.fromkeys(NUMBERS, Double()),
    "ranked": Boolean(),
    "started": TIME,
}

METADATA = MetaData()

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
