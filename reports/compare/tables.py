"""The tables of a comparison of BASE with HEAD, as text."""

import pandas as pd

from reports.compare import sentences
from reports.compare.effects import Effect
from reports.compare.outcome import CompareResult
from reports.content.cells import format_interval
from reports.ranking.metrics import Metric
from reports.text.markup import build_text_table
from reports.text.units import ABSENT

COLUMNS = ("Metric", "BASE", "HEAD", "Change", "Verdict", "By chance")


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
