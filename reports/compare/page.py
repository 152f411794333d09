"""A comparison as a page that opens offline, as the report does."""

from dataclasses import dataclass

from markupsafe import Markup

from reports.compare import sentences
from reports.compare.outcome import CompareResult
from reports.compare.tables import build_change_table, build_metric_tables, build_side_table
from reports.page.template import Page, render_machines, render_template
from reports.ranking.machines import find_machines
from reports.records.integrity import list_alterations
from reports.text.markup import render_table, render_table_or_none


@dataclass(frozen=True, kw_only=True)
class ComparePage(Page):
    """What the page of a comparison shows; `metrics` has a table for each title."""

    headline: str
    sides: Markup
    changed: Markup | None
    metrics: dict[str, Markup]
    left_out: list[str]
    method: str


def render(outcome: CompareResult) -> str:
    """Render the page; the same outcome gives the same text."""
    page = ComparePage(
        kind="comparison",
        title=f"{outcome.base.request} and {outcome.head.request}",
        alterations=list_alterations(outcome.altered),
        problems=outcome.problems,
        headline=sentences.write_headline(outcome),
        sides=render_table(build_side_table(outcome), "What stands on each side", "Side", "words"),
        changed=render_table_or_none(
            build_change_table(outcome), "What changed, the worst first", "Trial", "numbers rows"
        ),
        metrics={
            metric.title: render_table(
                text, f"{metric.title}, {metric.unit}", "Trial", "numbers rows reasons"
            )
            for metric, text in build_metric_tables(outcome).items()
        },
        left_out=sentences.list_left_out(outcome),
        method=sentences.explain_method(outcome),
        machine_table=render_machines(
            find_machines((*outcome.base.records, *outcome.head.records))
        ),
    )
    return render_template("compare.html", page)
