"""A comparison as a page that opens offline, as the report does."""

from markupsafe import Markup

from reports.compare import sentences
from reports.compare.outcome import Outcome
from reports.compare.tables import changes, metric_table, sides
from reports.page.template import render_template
from reports.ranking.machines import machine_table, machines
from reports.runs.runs import Run
from reports.text.markup import table, table_or_none


def render(outcome: Outcome) -> str:
    """The page; the same outcome gives the same text."""
    found = machines((*outcome.base.records, *outcome.head.records))
    title = f"{outcome.base.asked} and {outcome.head.asked}"
    return render_template(
        "compare.html",
        kind="comparison",
        run=Run(
            title,
            (*outcome.base.records, *outcome.head.records),
            outcome.problems,
            altered=outcome.altered,
        ),
        outcome=outcome,
        headline=sentences.headline(outcome),
        sides=table(sides(outcome), "What stands on each side", "Side", "words"),
        changed=table_or_none(
            changes(outcome), "What changed, the worst first", "Trial", "numbers rows"
        ),
        metrics=_metrics(outcome),
        left_out=sentences.left_out(outcome),
        method=sentences.method(outcome),
        machine_table=table(
            machine_table(found), "Machines, as the trials found them", "Property", "words"
        ),
    )


def _metrics(outcome: Outcome) -> dict[str, Markup]:
    """The table of each metric that any trial has, by its title."""
    found = {metric: metric_table(outcome, metric) for metric in outcome.metrics}
    return {
        metric.title: table(text, f"{metric.title}, {metric.unit}", "Trial", "numbers rows")
        for metric, text in found.items()
        if len(text)
    }
