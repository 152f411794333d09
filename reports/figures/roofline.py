"""How near each row's step comes to what the machine attains: a roofline."""

import math
from collections.abc import Sequence
from itertools import cycle

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, LogLocator

from reports.figures.canvas import (
    MARKERS,
    Drawing,
    apply_style,
    choose_colors,
    draw_legend_above,
    make_canvas,
)
from reports.ranking.comparisons import Comparison
from reports.ranking.rows import Row
from reports.text import titles, units
from reports.text.svg import INK, to_svg
from reports.trials.ceilings import GIGA

AXES_INCHES = 3.0
ACROSS = "Operations for each byte; vertical: GFLOP/s"
LEGEND_COLUMNS = 2
COLUMNS = (
    "step_operations",
    "step_bytes",
    "step_seconds",
    "ceiling_operations_per_second",
    "ceiling_bytes_per_second",
)


def draw_rooflines(comparisons: Sequence[Comparison], name: str) -> tuple[Drawing, ...]:
    """A figure for each machine, device and precision that has ceilings and rows under them.

    A point is a row: how many operations its step has for each byte that it has to move, by the
    model's spec, and how many it did in a second. Nothing can lie above the line: the slope is the
    highest rate of memory that any framework reached, the flat part that of arithmetic
    (Williams, Waterman and Patterson 2009, "Roofline").
    """
    groups: dict[tuple[str, str, str], list[Comparison]] = {}
    for comparison in comparisons:
        work = comparison.work
        groups.setdefault((work.machine, work.device, work.precision), []).append(comparison)
    with apply_style():
        drawings = [
            _roofline(members, key, f"{name}-{number}")
            for number, (key, members) in enumerate(groups.items(), start=1)
        ]
    return tuple(drawing for drawing in drawings if drawing)


def _roofline(
    members: Sequence[Comparison], key: tuple[str, str, str], name: str
) -> Drawing | None:
    rows = [_point(comparison, row) for comparison in members for row in comparison.timed]
    points = pd.DataFrame([row for row in rows if row])
    if not len(points):
        return None
    models = list(dict.fromkeys(points["model"].tolist()))
    frameworks = list(dict.fromkeys(points["framework"].tolist()))
    lines = math.ceil((len(models) + len(frameworks)) / LEGEND_COLUMNS)
    figure, axes = make_canvas(AXES_INCHES, ACROSS, above=lines)
    sns.scatterplot(
        points,
        x="intensity",
        y="rate",
        hue="framework",
        style="model",
        palette=choose_colors(frameworks),
        markers=dict(zip(models, cycle(MARKERS))),
        s=46,
        alpha=0.85,
        linewidth=0,
        ax=axes,
    )
    _roof(axes, points)
    _legend(axes)
    device, precision = titles.describe_device(key[1]), titles.describe_precision(key[2])
    caption = f"{device}, {precision}: operations and bytes of a step"
    return Drawing(caption, to_svg(figure, name, _description(points)))


def _point(comparison: Comparison, row: Row) -> dict[str, object] | None:
    values = [row.estimate(column).median for column in COLUMNS]
    if not all(math.isfinite(value) and value > 0 for value in values):
        return None
    operations, size, seconds, ceiling, bandwidth = values
    return {
        "label": f"{comparison.title}, {row.label}",
        "model": comparison.work.model_title,
        "framework": row.key.framework,
        "intensity": operations / size,
        "rate": operations / seconds / GIGA,
        "ceiling": ceiling / GIGA,
        "bandwidth": bandwidth / GIGA,
    }


def _roof(axes: Axes, points: pd.DataFrame) -> None:
    ceiling, bandwidth = points["ceiling"].max(), points["bandwidth"].max()
    ridge = ceiling / bandwidth
    low = min(points["intensity"].min(), ridge) / 2
    high = max(points["intensity"].max(), ridge) * 2
    x = np.array([low, ridge, high])
    axes.plot(x, np.minimum(x * bandwidth, ceiling), color=INK, linewidth=1.6)
    axes.set(xscale="log", yscale="log", xlim=(low, high), ylabel="")
    axes.set_ylim(min(points["rate"].min(), low * bandwidth) / 1.5, ceiling * 1.8)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(LogLocator(subs=(1, 2, 5), numticks=8))
        axis.set_major_formatter(FuncFormatter(lambda value, place: f"{value:g}"))
        axis.set_minor_formatter(FuncFormatter(lambda value, place: ""))


def _legend(axes: Axes) -> None:
    handles, labels = axes.get_legend_handles_labels()
    named = [place for place, label in enumerate(labels) if label not in {"framework", "model"}]
    names = [titles.describe_framework(labels[place]) for place in named]
    draw_legend_above(axes, [handles[place] for place in named], names, LEGEND_COLUMNS)


def _description(points: pd.DataFrame) -> str:
    parts = [
        f"{label}: {units.format_number(rate)} GFLOP/s at "
        f"{units.format_number(intensity)} operations a byte"
        for label, rate, intensity in points[["label", "rate", "intensity"]].to_numpy()
    ]
    lead = (
        f"Roofline of at most {units.format_number(points['ceiling'].max())} GFLOP/s and "
        f"{units.format_number(points['bandwidth'].max())} GB/s"
    )
    return f"{lead}. {'; '.join(parts)}."
