"""Lines of several rows in one pair of axes: the color of the framework, dashes and markers."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from reports.figures.canvas import DASHES, MARKERS, draw_legend_above

WIDTH, MARKER_SIZE = 1.5, 2.5  # a marker is so much larger than its line is wide


@dataclass(frozen=True)
class Look:
    """How a line is told from the others.

    Attributes:
        place: among all lines; dashes and marker follow from it.
        width: in points.
    """

    name: str
    color: str
    place: int
    width: float = WIDTH

    @property
    def dashes(self) -> tuple[float, ...] | tuple[None, None]:
        """Lengths of what is drawn and of what is not, in widths of the line."""
        return DASHES[self.place % len(DASHES)] or (None, None)

    @property
    def marker(self) -> str:
        """Shape at each value."""
        return MARKERS[self.place % len(MARKERS)]


def draw_lines(
    axes: Axes, table: pd.DataFrame, across: str, up: str, by: str, looks: Mapping[Any, Look]
) -> dict[Any, Line2D]:
    """A line for each value that the column `by` has, in the order of `looks`.

    Args:
        across, up: columns of the two axes.
        looks: of each value that the column has, and perhaps of others.
    """
    present = set(table[by].tolist())
    shown = {key: look for key, look in looks.items() if key in present}
    # One meaning for seaborn: for several it looks at every combination of all rows' names.
    sns.lineplot(
        table,
        x=across,
        y=up,
        hue=by,
        hue_order=list(shown),
        palette={key: look.color for key, look in shown.items()},
        estimator=None,
        legend=False,
        ax=axes,
    )
    drawn = dict(zip(shown, axes.lines, strict=True))
    for key, line in drawn.items():
        look = shown[key]
        size = look.width + MARKER_SIZE
        line.set(linewidth=look.width, marker=look.marker, markersize=size, markeredgewidth=0)
        line.set_dashes(look.dashes)
    return drawn


def draw_legend(
    axes: Axes, drawn: Mapping[Any, Line2D], looks: Mapping[Any, Look], titles: int = 0
) -> None:
    """The names of the lines above the axes and their title, each on a line of its own."""
    shown = [key for key in looks if key in drawn]
    handles, names = [drawn[key] for key in shown], [looks[key].name for key in shown]
    draw_legend_above(axes, handles, names, 1, titles)


def draw_intervals(
    axes: Axes, table: pd.DataFrame, across: str, by: str, looks: Mapping[Any, Look]
) -> None:
    """A bar from the column `low` to the column `high` at each point that has both."""
    for key, look in looks.items():
        own = table[table[by] == key].dropna()
        axes.vlines(own[across], own["low"], own["high"], colors=look.color, alpha=0.6)
