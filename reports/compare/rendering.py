"""A comparison of BASE with HEAD for people: its tables, as a page and as Markdown."""

import pandas as pd

from reports.compare import sentences
from reports.compare.effects import Effect
from reports.compare.outcome import CompareResult
from reports.content.cells import format_interval
from reports.ranking.metrics import Metric
from reports.records.integrity import TITLE, WARNING, list_alterations
from reports.text.markdown import escape, format_alarm, format_list, format_table
from reports.text.markup import build_text_table, render_table, render_table_or_none
from reports.text.units import ABSENT

COLUMNS = ("Metric", "BASE", "HEAD", "Change", "Verdict", "By chance")


def to_html(outcome: CompareResult) -> str:
    """A page that opens offline, as the report does; the same outcome gives the same text."""
    # Here and not above: templates take 0.2 s to import, and few ask for a page.
    from reports.page.template import render_page

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
            metric.title: render_table(text, metric.caption, "Trial", "numbers rows reasons")
            for metric, text in build_metric_tables(outcome).items()
        },
        left_out=sentences.list_left_out(outcome),
        method=sentences.explain_method(outcome),
    )


def to_markdown(outcome: CompareResult) -> str:
    """The verdict, what changed, and everything else folded away, for a pull request."""
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
    return f"<details><summary>{metric.caption}</summary>\n\n{content}\n\n</details>"


def build_change_table(outcome: CompareResult) -> pd.DataFrame:
    """A row for each metric of a trial that changed, and for each trial that broke."""
    rows: list[tuple[str, tuple[str, ...]]] = []
    for trial, effects in outcome.changed:
        if trial.broken:
            rows.append((trial.pair.name, (ABSENT, ABSENT, ABSENT, ABSENT, trial.broken, ABSENT)))
        rows += [(trial.pair.name, _row(effect, outcome)) for effect in effects]
    return build_text_table(rows, COLUMNS)


def build_metric_tables(outcome: CompareResult) -> dict[Metric, pd.DataFrame]:
    """A table for each metric that any trial has, with a row for each of those trials."""
    rows: dict[Metric, list[tuple[str, tuple[str, ...]]]] = {}
    for trial in outcome.trials:
        for effect in trial.effects:
            cells = (*_row(effect, outcome)[1:], _why(effect))
            rows.setdefault(effect.metric, []).append((trial.pair.name, cells))
    columns = (*COLUMNS[1:], "Why")
    return {
        metric: build_text_table(rows[metric], columns)
        for metric in outcome.metrics
        if metric in rows
    }


def _why(effect: Effect) -> str:
    if effect.again is None:
        return effect.reason or ABSENT
    again = f"second run: {sentences.describe_change(effect.again)}"
    return f"{effect.reason}; {again}" if effect.reason else again


def _row(effect: Effect, outcome: CompareResult) -> tuple[str, ...]:
    return (
        f"{effect.metric.title} ({effect.metric.unit})",
        format_interval(effect.base, effect.metric.text),
        format_interval(effect.head, effect.metric.text),
        sentences.describe_change(effect),
        sentences.describe_verdict(effect, outcome.least),
        sentences.format_probability(effect),
    )


def build_side_table(outcome: CompareResult) -> pd.DataFrame:
    """What stands on each side."""
    sides = (("BASE", outcome.base), ("HEAD", outcome.head))
    return build_text_table(((name, (side.words,)) for name, side in sides), ["What"])
