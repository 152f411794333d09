"""Tables of text, as data frames."""

from collections.abc import Iterable, Sequence

import pandas as pd


def build_text_table(
    rows: Iterable[tuple[str, Sequence[str]]], columns: Sequence[str]
) -> pd.DataFrame:
    """Build a table of text from each row's heading and cells."""
    headed = list(rows)
    return pd.DataFrame(
        [cells for _, cells in headed],
        columns=list(columns),
        index=[heading for heading, _ in headed],
        dtype=object,
    )
