"""Markdown as a parser of CommonMark with tables reads it: what a record says is text only."""

import re
from collections.abc import Callable
from html.parser import HTMLParser

import pytest
from markdown_it import MarkdownIt

from bench.records.results import Record
from reports.ranking.comparisons import compare
from reports.text.markdown import escape
from reports.text.units import DASH
from tests.reports.formats.conftest import HOSTILE

MakeRecord = Callable[..., Record]
MakeInvocations = Callable[..., list[Record]]
Export = Callable[[list[Record], str], str]

OWN = {"h2", "h3", "p", "table", "thead", "tbody", "tr", "th", "td", "ul", "li"}

HEADINGS = (
    "Samples/s",
    "Ratio to fastest",
    "Peak anonymous memory (MiB)",
    "Test accuracy (%)",
    "Proof (largest error)",
)
REST = (f"150 (150{DASH}150)", f"97.00 (97.00{DASH}97.00)", "verified, 2e-15")


class Rendered(HTMLParser):
    """The tags of a page, its cells by row, and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.rows: list[list[str]] = []
        self.items: list[str] = []
        self.text = ""
        self._open = ""
        self.feed(MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(text))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self._open = tag
        if tag == "tr":
            self.rows.append([])
        if tag in ("th", "td"):
            self.rows[-1].append("")
        if tag == "li":
            self.items.append("")

    def handle_endtag(self, tag: str) -> None:
        self._open = ""

    def handle_data(self, data: str) -> None:
        self.text += data
        if self._open in ("th", "td"):
            self.rows[-1][-1] += data
        if self._open == "li":
            self.items[-1] += data


def test_rows_are_ranked_with_their_numbers(export: Export, invocations: MakeInvocations) -> None:
    records = [
        *invocations("pytorch", (1000.0, 1100.0, 1300.0)),
        *invocations("mxnet", (2000.0, 2200.0, 2600.0)),
    ]
    found = Rendered(export(records, "markdown"))

    assert found.rows == [
        ["Row", *HEADINGS],
        ["MXNet 1.9.1, eager, default", f"2,200 (2,000{DASH}2,600)", "1.00x", *REST],
        [
            "PyTorch 2.13.0, eager, default",
            f"1,100 (1,000{DASH}1,300)",
            f"0.50x (0.38x{DASH}0.65x)",
            *REST,
        ],
    ]
    assert f"MXNet 1.9.1 (eager) is fastest at 2,200 (2,000{DASH}2,600) samples/s" in found.text


def test_what_is_not_ranked_is_listed_with_its_reason(
    export: Export, record: MakeRecord, failure: MakeRecord
) -> None:
    records = [record(), record("tensorflow", certificate=None), failure("mxnet")]
    found = Rendered(export(records, "markdown"))

    assert found.rows[2][0] == "TensorFlow 2.21.0, eager, default (not ranked)"
    assert (
        "TensorFlow 2.21.0, eager, default: not verified: the record has no certificate."
        in found.items
    )
    assert "MXNet, eager, default: no trial finished." in found.items


def test_no_trial_that_finished_is_a_page_all_the_same(export: Export, failure: MakeRecord) -> None:
    assert "No trial finished, so there is nothing to compare." in export([failure()], "markdown")


def test_hostile_texts_are_text(export: Export, hostile: list[Record]) -> None:
    text = export(hostile, "markdown")
    found = Rendered(text)

    assert found.tags <= OWN
    assert len(found.rows) == 2
    assert all(len(row) == len(found.rows[0]) for row in found.rows)
    (comparison,) = compare(hostile)
    label = " ".join(comparison.rows[0].label.replace("\ud800", "?").split())
    assert found.rows[1][0].replace("\u2060", "").startswith(label.replace("\x00", "\ufffd"))
    assert_refers_to_nothing(found.text)


def assert_refers_to_nothing(text: str) -> None:
    """What GitHub and GitLab make links of, in the text that is left."""
    for pattern in (r"@\w", r"#\d", r"\bGH-\d", r"://", r"\bwww\."):
        assert not re.search(pattern, text, re.IGNORECASE), pattern


@pytest.mark.parametrize(
    "text",
    ["- x", "1. x", "1) x", "# x", "===", "---", "+ x", "=", "-", "\tx", "    x", "1.00x", "a\nb"],
)
def test_a_line_is_a_paragraph_whatever_it_begins_with(text: str) -> None:
    found = Rendered(escape(text))

    assert found.tags == {"p"}
    assert found.text.strip() == " ".join(text.split())


@pytest.mark.parametrize("character", [chr(code) for code in range(33, 127)])
def test_every_character_comes_back(character: str) -> None:
    for text in (character, f"{character}x{character}{character}y{character}", f"a {character} b"):
        found = Rendered(escape(text))
        assert found.tags == {"p"}
        assert found.text.strip().replace("\u2060", "") == text


def test_hostile_text_by_itself() -> None:
    assert_refers_to_nothing(Rendered(escape(HOSTILE)).text)
