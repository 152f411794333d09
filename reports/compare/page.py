"""A comparison as a page that opens offline, as the report does."""

from markupsafe import Markup

from reports.compare import sentences
from reports.compare.outcome import CompareResult
from reports.compare.tables import build_change_table, build_metric_table, build_side_table
from reports.page.template import render_template
from reports.ranking.machines import build_machine_table, find_machines
from reports.runs.runs import LoadedRuns
from reports.text.markup import render_table, render_table_or_none


def render(outcome: CompareResult) -> str:
    """The page; the same outcome gives the same text."""
    found_machines = find_machines((*outcome.base.records, *outcome.head.records))
    title = f"{outcome.base.request} and {outcome.head.request}"
    return render_template(
        "compare.html",
        kind="comparison",
        run=LoadedRuns(
            title,
            (*outcome.base.records, *outcome.head.records),
            outcome.problems,
            altered=outcome.altered,
        ),
        outcome=outcome,
        headline=sentences.write_headline(outcome),
        sides=render_table(build_side_table(outcome), "What stands on each side", "Side", "words"),
        changed=render_table_or_none(
            build_change_table(outcome), "What changed, the worst first", "Trial", "numbers rows"
        ),
        metrics=_metrics(outcome),
        left_out=sentences.list_left_out(outcome),
        method=sentences.explain_method(outcome),
        machine_table=render_table(
            build_machine_table(found_machines),
            "Machines, as the trials found them",
            "Property",
            "words",
        ),
    )


def _metrics(outcome: CompareResult) -> dict[str, Markup]:
    """The table of each metric that any trial has, by its title."""
    tables = {metric: build_metric_table(outcome, metric) for metric in outcome.metrics}
    return {
        metric.title: render_table(text, f"{metric.title}, {metric.unit}", "Trial", "numbers rows")
        for metric, text in tables.items()
        if len(text)
    }
