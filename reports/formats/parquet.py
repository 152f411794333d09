"""The trials of a run as a Parquet file."""

from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd

from reports.formats.trials import trial_table
from reports.runs import Run


def document(run: Run) -> bytes:
    """The table of trials; texts are UTF-8 in every run, also where all of a column are absent."""
    # Here and not above: no other format needs it. Not by way of pandas, which wants pyarrow for it
    # from version 4 on; and that changes what every text in a data frame is stored as.
    import fastparquet

    table = trial_table(run)
    texts = [name for name in table.columns if _is_text(table[name])]
    for name in texts:
        table[name] = pd.Series([_text(value) for value in table[name]], dtype=object)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "trials.parquet"
        fastparquet.write(
            str(path),
            table,
            compression="GZIP",
            object_encoding=dict.fromkeys(texts, "utf8"),
            has_nulls=texts,
        )
        return path.read_bytes()


def _is_text(column: "pd.Series[object]") -> bool:
    return pd.api.types.is_object_dtype(column) or pd.api.types.is_string_dtype(column)


def _text(value: object) -> str | None:
    """A forged record may hold anything there, half a surrogate pair too."""
    if pd.api.types.is_scalar(value) and pd.isna(value):
        return None
    return str(value).encode("utf-8", errors="replace").decode("utf-8")
