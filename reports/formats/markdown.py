"""Markdown for a job's summary or a pull request: a table for each comparison.

What a record says is text and nothing else: no markup, no mention of a user, no link.
"""

import re
from collections.abc import Iterable, Sequence

from reports import sentences
from reports.comparisons import Comparison
from reports.runs import Run
from reports.tables import SUMMARY, Sheet, sheets

# As character references, which are text to every reader of Markdown; a backslash is not to all.
MARKUP = str.maketrans({character: f"&#{ord(character)};" for character in "&<>|\\`*_[]~$"})
# GitHub and GitLab look for these in the text that is left: users, issues, addresses. A word
# joiner, which nobody sees, keeps them from what follows.
REFERENCE = re.compile(r"[@#!$%&~](?=\w)|:(?=//)|\bwww(?=\.)|\bGH-(?=\d)", re.IGNORECASE)
JOINER = "\N{WORD JOINER}"
# What would begin a list, a heading or a rule at the start of a line.
BLOCK = re.compile(r"^(\d*)([-+=#.)])(?=[-=#\s]|$)")


def document(run: Run) -> str:
    """The headline, the table and what is not ranked, of each comparison."""
    parts = [f"## {escaped(run.title)}", *map(_section, run.comparisons)]
    return "\n\n".join(parts) + "\n"


def escaped(text: str) -> str:
    """Text of one line that Markdown shows as it is."""
    # No line end is left, nor four spaces that would make a line code.
    line = " ".join(text.split())
    joined = REFERENCE.sub(lambda found: found[0] + JOINER, line)
    return BLOCK.sub(_reference_of_last, joined.translate(MARKUP))


def _reference_of_last(found: re.Match[str]) -> str:
    return f"{found[1]}&#{ord(found[2])};"


def _section(comparison: Comparison) -> str:
    (sheet,) = sheets(comparison, [SUMMARY])
    parts = (
        f"### {escaped(comparison.title)}",
        escaped(sentences.headline(comparison)),
        _table(sheet),
        _notes(sheet),
        _refusals(comparison),
    )
    return "\n\n".join(filter(None, parts))


def _table(sheet: Sheet) -> str:
    headings = ["Row", *map(str, sheet.text.columns)]
    rows = [[label, *cells] for label, *cells in sheet.text.itertuples(name=None)]
    alignment = ["---", *["---:"] * len(sheet.text.columns)]
    lines = [_line(map(escaped, headings)), _line(alignment)]
    return "\n".join([*lines, *(_line(map(escaped, map(str, row))) for row in rows)])


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _notes(sheet: Sheet) -> str:
    notes = [f"{letter}: {note}." for letter, note in sheet.notes.items()]
    return _list([*notes, *sheet.absent])


def _refusals(comparison: Comparison) -> str:
    refused = sentences.refusals(comparison)
    if not refused:
        return ""
    return "Not ranked:\n\n" + _list([f"{label}: {why}." for label, why in refused.items()])


def _list(lines: Sequence[str]) -> str:
    return "\n".join(f"- {escaped(line)}" for line in lines)
