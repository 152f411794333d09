"""A line per series over the runs: throughput, test accuracy and memory."""

from collections.abc import Sequence

import pandas as pd

from reports.figures.canvas import Drawing, apply_style, shorten_label
from reports.figures.lines import choose_looks, draw_series
from reports.history.changes import LevelChange, describe_direction, describe_place
from reports.history.series import History, Series
from reports.ranking.metrics import BY_PARTNER, METRICS, Metric
from reports.text.svg import INK, to_svg

# More would lie on one another.
MOST_TICKS = 6
# By name: whether the axis begins at 0.
DRAWN = {
    "throughput": True,
    BY_PARTNER.name: False,
    "test-accuracy": False,
    "peak-anonymous-memory": True,
}


def draw_history(
    history: History, changes: Sequence[LevelChange], days: Sequence[str], name: str
) -> tuple[Drawing, ...]:
    """The figures that the history has two runs for.

    Args:
        changes: of any metric; those of what a figure shows are marked in it.
        days: when each run started, oldest first, as the axis shows it.
    """
    metrics = {metric.name: metric for metric in (*METRICS, BY_PARTNER)}
    with apply_style():
        figures = (_drawing(history, metrics[drawn], changes, days, name) for drawn in DRAWN)
        return tuple(drawing for drawing in figures if drawing)


def _drawing(
    history: History,
    metric: Metric,
    changes: Sequence[LevelChange],
    days: Sequence[str],
    name: str,
) -> Drawing | None:
    changes = [change for change in changes if change.metric is metric]
    values = _values(history, metric)
    if values["x"].nunique() < 2:
        return None
    shown = [series for series in history.series if series.label in set(values["line"])]
    looks = choose_looks(
        {series.label: (shorten_label(series.label), series.key.framework) for series in shown}
    )
    figure, axes = draw_series(values, looks, " ", from_zero=DRAWN[metric.name])
    new = values[values["new"].astype(bool)]
    axes.scatter(new["x"], new["y"], s=110, facecolors="none", edgecolors=INK, zorder=3)
    for change in changes:
        between = (change.before.place + change.after.place) / 2
        color = looks[change.series.label].color
        axes.axvline(between, color=color, linestyle=":", linewidth=1.5, zorder=1)
    step = -(-len(days) // MOST_TICKS)
    places = range(0, len(days), step)
    axes.set(xlabel="", xticks=places, xlim=(-0.3, len(days) - 0.7))
    axes.set_xticklabels([days[place] for place in places])
    anchor = f"{name}-{metric.column}".replace("_", "-")
    description = _description(values, metric, shown, changes)
    return Drawing(metric.caption, to_svg(figure, anchor, description))


def _values(history: History, metric: Metric) -> pd.DataFrame:
    rows = []
    for series in history.series:
        version = None
        for point in series.points:
            interval = point.row.estimate(metric.column)
            if not interval.count:
                continue
            current = point.row.key.version or version
            rows.append(
                {
                    "line": series.label,
                    "x": point.place,
                    "y": interval.median / metric.scale,
                    "low": interval.low / metric.scale,
                    "high": interval.high / metric.scale,
                    "new": version is not None and current != version,
                }
            )
            version = current
    return pd.DataFrame(rows, columns=["line", "x", "y", "low", "high", "new"])


def _description(
    values: pd.DataFrame, metric: Metric, shown: Sequence[Series], changes: Sequence[LevelChange]
) -> str:
    parts = []
    for series in shown:
        own = values.loc[values["line"] == series.label, "y"].tolist()
        first, last = (metric.text(value * metric.scale) for value in (own[0], own[-1]))
        parts.append(f"{series.label}: {first} in the first of {len(own)} runs, {last} in the last")
    parts += [
        f"{change.series.label} changed {describe_place(change)}: {describe_direction(change)}"
        for change in changes
    ]
    return f"{metric.caption}. {'; '.join(parts)}."
