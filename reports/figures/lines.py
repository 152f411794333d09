"""Lines of several rows in one pair of axes: the colour of the framework, dashes and markers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle
from typing import Any

import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes

from reports.figures.canvas import DASHES, MARKERS, legend_above

WIDTH, MARKER_SIZE = 1.5, 2.5  # a marker is so much larger than its line is wide


@dataclass(frozen=True)
class Look:
    """How a line is told from the others; dashes and markers follow from its place."""

    name: str
    colour: str


def lines(
    axes: Axes,
    table: pd.DataFrame,
    across: str,
    up: str,
    by: str,
    looks: Mapping[Any, Look],
    widths: Sequence[float] = (),
) -> None:
    """A line for each value of the column `by`, in the order of `looks`, and a legend above.

    Args:
        across, up: columns of the two axes.
        looks: of each value that the column has.
        widths: of the lines, in points; all equal if there are none.
    """
    # One meaning for seaborn: for several it looks at every combination of all rows' names.
    sns.lineplot(
        table,
        x=across,
        y=up,
        hue=by,
        hue_order=list(looks),
        palette={key: look.colour for key, look in looks.items()},
        estimator=None,
        legend=False,
        ax=axes,
    )
    for line, width, dashes, marker in zip(
        axes.lines, widths or [WIDTH] * len(looks), cycle(DASHES), cycle(MARKERS), strict=False
    ):
        size = width + MARKER_SIZE
        line.set(linewidth=width, marker=marker, markersize=size, markeredgewidth=0)
        line.set_dashes(dashes or (None, None))
    legend_above(axes, axes.lines, [look.name for look in looks.values()], 1)


def intervals(
    axes: Axes, table: pd.DataFrame, across: str, by: str, looks: Mapping[Any, Look]
) -> None:
    """A bar from the column `low` to the column `high` at each point that has both."""
    for key, look in looks.items():
        own = table[table[by] == key].dropna()
        axes.vlines(own[across], own["low"], own["high"], colors=look.colour, alpha=0.6)
