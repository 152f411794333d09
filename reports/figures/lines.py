"""Lines of several rows in one pair of axes: the color of the framework, dashes and markers."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import repeat
from typing import Any

import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator, StrMethodFormatter

from reports.figures.canvas import (
    DASHES,
    MARKERS,
    choose_colors,
    draw_legend_above,
    make_canvas,
)

AXES_INCHES = 2.5
WIDTH, MARKER_SIZE = 1.5, 2.5  # a marker is so much larger than its line is wide


@dataclass(frozen=True)
class Look:
    """How a line is told from the others; dashes and marker follow from its place among them.

    Attributes:
        width: in points.
    """

    name: str
    color: str
    width: float


def choose_looks(
    lines: Mapping[Any, tuple[str, str]], widths: Iterable[float] = repeat(WIDTH)
) -> dict[Any, Look]:
    """A look for each line, whose name and framework are known."""
    palette = choose_colors(framework for _, framework in lines.values())
    return {
        key: Look(name, palette[framework], width)
        for (key, (name, framework)), width in zip(lines.items(), widths, strict=False)
    }


def draw_series(
    table: pd.DataFrame, looks: Mapping[Any, Look], across: str, from_zero: bool = True
) -> tuple[Figure, Axes]:
    """A figure with lines and their intervals, below a legend.

    Args:
        table: as `draw_lines` takes it; a bar extends from `low` to `high` where there are both.
        across: what the horizontal axis shows.
        from_zero: whether the vertical axis begins there.
    """
    figure, axes = make_canvas(AXES_INCHES, across, above=len(looks))
    drawn = draw_lines(axes, table, looks)
    draw_legend_above(axes, list(drawn.values()), [look.name for look in looks.values()], 1)
    for key, look in looks.items():
        own = table[table["line"] == key].dropna()
        axes.vlines(own["x"], own["low"], own["high"], colors=look.color, alpha=0.6)
    axes.set(ylabel="")
    choose_value_ticks(axes)
    if from_zero:
        axes.set_ylim(bottom=0)
        if axes.dataLim.y1 >= 1000:
            axes.yaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    return figure, axes


def choose_value_ticks(axes: Axes) -> None:
    """Few ticks of the vertical axis, at values that people count in."""
    axes.yaxis.set_major_locator(MaxNLocator(6, steps=(1, 2, 2.5, 5, 10)))


def draw_lines(axes: Axes, table: pd.DataFrame, looks: Mapping[Any, Look]) -> dict[Any, Line2D]:
    """A line over `x` and `y` for each value that the column `line` has, in the order of `looks`.

    Args:
        looks: of each value that the column has, and perhaps of others.
    """
    present = set(table["line"].tolist())
    shown = [key for key in looks if key in present]
    # One meaning for seaborn: for several it looks at every combination of all rows' names.
    sns.lineplot(
        table,
        x="x",
        y="y",
        hue="line",
        hue_order=shown,
        palette={key: looks[key].color for key in shown},
        estimator=None,
        legend=False,
        ax=axes,
    )
    drawn = dict(zip(shown, axes.lines, strict=True))
    places = {key: place for place, key in enumerate(looks)}
    for key, line in drawn.items():
        width, place = looks[key].width, places[key]
        marker = MARKERS[place % len(MARKERS)]
        line.set(linewidth=width, marker=marker, markersize=width + MARKER_SIZE, markeredgewidth=0)
        line.set_dashes(DASHES[place % len(DASHES)] or (None, None))
    return drawn
