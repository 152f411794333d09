"""A run as a table: its trials, the same that `reports.load` gives of it, or its series."""

import math
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd

from bench.dependencies import explain_if_missing
from bench.errors import ResultsError, explain_os_error
from reports.formats.series import NamedRow, collect_values, name_rows
from reports.ranking.metrics import METRICS
from reports.ranking.rows import Row
from reports.runs.loading import LoadedRuns, add_ranks
from reports.text.output import drop_surrogates
from reports.trials.measured import to_floats

# Whole numbers that a record may lack: of one type in every run, so that files go together.
COUNTS = ("position", "parameters")

Cells = dict[str, str | int | float | bool | None]


def to_csv(run: LoadedRuns) -> str:
    """The table as CSV."""
    return _build_table(run).to_csv(index=False)


def to_parquet(run: LoadedRuns) -> bytes:
    """The table as a Parquet file; a column has one type in every run, also where all is absent.

    Raises:
        ResultsError: fastparquet is not installed, or there is no room for the file.
    """
    # Here and not above: no other format needs it. And not by way of pandas, whose version 4 will
    # ask for pyarrow, which changes what every text in a data frame is stored as.
    with explain_if_missing("fastparquet", "--format parquet", "choose --format csv", ResultsError):
        import fastparquet

    table = _build_table(run)
    for name in COUNTS:
        table[name] = to_floats(table[name].tolist())
    texts = list(table.select_dtypes(["object", "string"]).columns)
    for name in texts:
        table[name] = pd.Series([_text(value) for value in table[name]], dtype=object)
    remedy = "expected room for the table; free some, or name another in TMPDIR."
    failure = "The temporary folder cannot be written"
    with explain_os_error(ResultsError, failure, remedy), TemporaryDirectory() as folder:
        path = Path(folder) / "trials.parquet"
        fastparquet.write(
            str(path),
            table,
            compression="GZIP",
            object_encoding=dict.fromkeys(texts, "utf8"),
            # Absent is null, which every reader knows; NaN is a number to some.
            has_nulls=[name for name in table.columns if table[name].dtype.kind not in "iub"],
        )
        return path.read_bytes()


def _build_table(run: LoadedRuns) -> pd.DataFrame:
    return add_ranks(run.table, run.comparisons)


def _text(value: object) -> str | None:
    """What a text column holds; of a forged record that is anything."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    return drop_surrogates(str(value))


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
        "framework_version": named.row.key.version,
        **key.way,
        "precision": work.precision,
        "device": work.device,
        "batch_size": work.batch_size,
        "commit": named.commit,
        "machine": work.machine,
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
