"""A comparison as Markdown, for a pull request or a job's summary."""

import pandas as pd

from reports.compare import sentences
from reports.compare.outcome import CompareResult
from reports.compare.tables import build_change_table, build_metric_tables, build_side_table
from reports.ranking.metrics import Metric
from reports.records.integrity import TITLE, WARNING, list_alterations
from reports.text.markdown import escape, format_alarm, format_list, format_table


def to_markdown(outcome: CompareResult) -> str:
    """The verdict, what changed, and everything else folded away."""
    changed = build_change_table(outcome)
    parts = [
        f"## samestep: {escape(sentences.write_headline(outcome))}",
        format_alarm(TITLE, WARNING, list_alterations(outcome.altered)),
        format_table(build_side_table(outcome), "Side", numbers=False),
        format_table(changed, "Trial", numbers=True) if len(changed) else "",
        format_list([*sentences.list_left_out(outcome), *outcome.problems]),
        *(_folded(metric, table) for metric, table in build_metric_tables(outcome).items()),
        escape(sentences.explain_method(outcome)),
    ]
    return "\n\n".join(filter(None, parts)) + "\n"


def _folded(metric: Metric, table: pd.DataFrame) -> str:
    content = format_table(table, "Trial", numbers=True)
    title = f"{metric.title}, {metric.unit}"
    return f"<details><summary>{title}</summary>\n\n{content}\n\n</details>"
