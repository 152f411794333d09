"""A comparison as a page that opens offline, as the report does."""

from reports.compare import sentences
from reports.compare.outcome import CompareResult
from reports.compare.tables import build_change_table, build_metric_tables, build_side_table
from reports.page.template import render_page
from reports.records.integrity import list_alterations
from reports.text.markup import render_table, render_table_or_none


def render(outcome: CompareResult) -> str:
    """Render the page; the same outcome gives the same text."""
    return render_page(
        "comparison",
        f"{outcome.base.request} and {outcome.head.request}",
        (*outcome.base.records, *outcome.head.records),
        list_alterations(outcome.altered),
        outcome.problems,
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
    )
