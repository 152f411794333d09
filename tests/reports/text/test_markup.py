"""Tables as HTML: escaped in every place that a string can get to."""

import pandas as pd

from reports.text.markup import render_table

EVIL = "<script>\"'&"


def test_cells_headings_corner_and_caption_are_escaped() -> None:
    html = render_table(pd.DataFrame({EVIL: [EVIL]}, index=[EVIL]), EVIL, EVIL, "words")

    assert "<script" not in html
    assert html.count("&lt;script&gt;") == 6, "cell, two headings, corner, caption and its label"


def test_every_heading_has_a_scope() -> None:
    html = render_table(
        pd.DataFrame({"b": ["1", "2"]}, index=["x", "y"]), "Caption", "a", "numbers"
    )

    assert html.count('<th scope="col">') == 2
    assert html.count('<th scope="row">') == 2
    assert html.count("<th") == html.count("<thead") + 4


def test_a_table_scrolls_in_a_container_that_the_keyboard_reaches() -> None:
    html = render_table(pd.DataFrame({"b": ["1"]}, index=["x"]), "Caption", "a", "numbers")

    assert html.startswith(
        '<div class="scroll numbers" tabindex="0" role="group" aria-label="Caption"><table>'
    )
