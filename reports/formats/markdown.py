"""Markdown for a job's summary or a pull request: a table for each comparison."""

from reports.content import sentences
from reports.content.tables import SUMMARY, Sheet, sheets
from reports.ranking.comparisons import Comparison
from reports.runs import alterations
from reports.runs.runs import Run
from reports.text.markdown import escaped, listing, table


def document(run: Run) -> str:
    """The headline, the table and what is not ranked, of each comparison."""
    alarm = alterations.in_markdown(run.altered)
    parts = [f"## {escaped(run.title)}", alarm, *map(_section, run.comparisons)]
    return "\n\n".join(filter(None, parts)) + "\n"


def _section(comparison: Comparison) -> str:
    (sheet,) = sheets(comparison, [SUMMARY])
    parts = (
        f"### {escaped(comparison.title)}",
        escaped(sentences.headline(comparison)),
        table(sheet.text, "Row", numbers=True),
        _notes(sheet),
        _refusals(comparison),
    )
    return "\n\n".join(filter(None, parts))


def _notes(sheet: Sheet) -> str:
    notes = [f"{letter}: {note}." for letter, note in sheet.notes.items()]
    return listing([*notes, *sheet.absent])


def _refusals(comparison: Comparison) -> str:
    refused = sentences.refusals(comparison)
    if not refused:
        return ""
    return "Not ranked:\n\n" + listing([f"{label}: {why}." for label, why in refused.items()])
