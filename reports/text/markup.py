"""Tables of text as data frames and as HTML.

Everything in a record is escaped here or by the template.
"""

from collections.abc import Iterable, Sequence

import pandas as pd
from markupsafe import Markup

TABLE = Markup(
    '<div class="scroll {kind}" tabindex="0" role="group" aria-label="{caption}"><table>\n'
    "<caption>{caption}</caption>\n<thead>\n{head}</thead>\n<tbody>\n{body}</tbody>\n"
    "</table></div>"
)
ROW = Markup("<tr>{}</tr>\n")


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


def render_table(text: pd.DataFrame, caption: str, corner: str, kind: str) -> Markup:
    """Render a table with a caption and scoped headings, in a container that scrolls by itself.

    Args:
        text: strings; its index becomes the row headings.
        corner: heading of the column of row headings.
        kind: CSS class, `numbers` (right-aligned) or `words`.
    """
    head = _render_cells('th scope="col"', [corner, *text.columns])
    rows = (
        _render_cells('th scope="row"', [heading]) + _render_cells("td", cells)
        for heading, *cells in text.itertuples(name=None)
    )
    body = Markup("").join(map(ROW.format, rows))
    return TABLE.format(kind=kind, caption=caption, head=ROW.format(head), body=body)


def render_table_or_none(text: pd.DataFrame, caption: str, corner: str, kind: str) -> Markup | None:
    """Render a table, or return None if it has no rows."""
    return render_table(text, caption, corner, kind) if len(text) else None


def _render_cells(tag: str, cells: Iterable[str]) -> Markup:
    cell = Markup(f"<{tag}>{{}}</{tag[:2]}>")  # noqa: S704 - a tag of this module
    return Markup("").join(map(cell.format, cells))
