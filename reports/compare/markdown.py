"""A comparison as Markdown, for a pull request or a job's summary."""

from reports.compare import sentences
from reports.compare.outcome import Outcome
from reports.compare.tables import changes, metric_table, sides
from reports.ranking.metrics import Metric
from reports.runs import alterations
from reports.text.markdown import escaped, listing, table


def markdown(outcome: Outcome) -> str:
    """The verdict, what changed, and everything else folded away."""
    changed = changes(outcome)
    parts = [
        f"## samestep: {escaped(sentences.headline(outcome))}",
        alterations.in_markdown(outcome.altered),
        table(sides(outcome), "Side", numbers=False),
        table(changed, "Trial", numbers=True) if len(changed) else "",
        listing([*sentences.left_out(outcome), *outcome.problems]),
        *(_folded(outcome, metric) for metric in outcome.metrics),
        escaped(sentences.method(outcome)),
    ]
    return "\n\n".join(filter(None, parts)) + "\n"


def _folded(outcome: Outcome, metric: Metric) -> str:
    found = metric_table(outcome, metric)
    if not len(found):
        return ""
    content = table(found, "Trial", numbers=True)
    title = f"{metric.title}, {metric.unit}"
    return f"<details><summary>{title}</summary>\n\n{content}\n\n</details>"
