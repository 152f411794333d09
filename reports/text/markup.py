"""Tables of text as data frames and as HTML.

Everything in a record is escaped here or by the template.
"""

from collections.abc import Iterable, Sequence

import pandas as pd
from markupsafe import Markup, escape

CONTAINER = Markup('<div class="scroll {}" tabindex="0" role="group" aria-label="{}">{}</div>')


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
    styler = text.style.format(escape="html").format_index(escape="html", axis=0)
    styler = styler.format_index(escape="html", axis=1)
    # pandas does not escape a caption.
    styler = styler.set_caption(str(escape(caption)))
    html = _scoped(styler.to_html(exclude_styles=True), corner)
    return CONTAINER.format(kind, caption, Markup(html))  # noqa: S704 - escaped by the Styler


def render_table_or_none(text: pd.DataFrame, caption: str, corner: str, kind: str) -> Markup | None:
    """Render a table, or return None if it has no rows."""
    return render_table(text, caption, corner, kind) if len(text) else None


def _scoped(html: str, corner: str) -> str:
    """Headings with a scope; their text is escaped, so that `<th` can only be the tag."""
    head, body = html.split("<tbody>", maxsplit=1)
    head = head.replace("<th >&nbsp;</th>", f"<th >{escape(corner)}</th>", 1)
    return (
        head.replace("<th >", '<th scope="col">')
        + "<tbody>"
        + body.replace("<th >", '<th scope="row">').replace("<td >", "<td>")
    )
