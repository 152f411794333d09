"""Markdown for a job's summary or a pull request: a table for each comparison."""

from reports.content import sentences
from reports.content.tables import SUMMARY, make_sheet
from reports.ranking.comparisons import Comparison
from reports.records.integrity import TITLE, WARNING, list_alterations
from reports.runs.loading import LoadedRuns
from reports.text.markdown import escape, format_alarm, format_list, format_table


def to_markdown(run: LoadedRuns) -> str:
    """The headline, the table and what is not ranked, of each comparison."""
    alarm = format_alarm(TITLE, WARNING, list_alterations(run.altered))
    parts = [f"## {escape(run.title)}", alarm, *map(_section, run.comparisons)]
    return "\n\n".join(filter(None, parts)) + "\n"


def _section(comparison: Comparison) -> str:
    sheet = make_sheet(comparison, SUMMARY)
    notes = [f"{letter}: {note}." for letter, note in sheet.notes.items()]
    refusals = sentences.list_refusals(comparison).items()
    not_ranked = format_list([f"{label}: {why}." for label, why in refusals])
    parts = (
        f"### {escape(comparison.title)}",
        escape(sentences.write_headline(comparison)),
        format_table(sheet.text, "Row", numbers=True),
        format_list([*notes, *sheet.absent]),
        f"Not ranked:\n\n{not_ranked}" if refusals else "",
    )
    return "\n\n".join(filter(None, parts))
