"""What all figures share: size, style, colors, and how a row is called in them."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import matplotlib as mpl
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from reports.content.tables import NOT_RANKED
from reports.ranking.rows import Row
from reports.text.svg import INK, RULE, drop_unprintable

# Of Okabe and Ito's color-blind-safe palette those with 3:1 contrast on white and near-black.
COLORS = {"pytorch": "#d55e00", "tensorflow": "#0072b2", "mxnet": "#009e73", "jax": "#cc79a7"}
OTHER_COLORS = ("#7a7a7a", "#9467bd", "#8c6d31", "#3b8ea5")
DASHES = ((), (4, 1.6), (1.2, 1.2), (6, 1.6, 1.2, 1.6))
MARKERS = ("o", "s", "D", "^", "v", "P", "X")

WIDTH_INCHES = 5.0
LEFT_INCHES, RIGHT_INCHES, BOTTOM_INCHES, TOP_INCHES = 0.62, 0.12, 0.55, 0.1
LINE_INCHES = 0.19  # of a legend
LONGEST_NAME = 48
STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "samestep",
    "text.parse_math": False,
    "font.size": 11,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": RULE,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": RULE,
    "grid.linewidth": 0.8,
    "xtick.color": RULE,
    "ytick.color": RULE,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "xtick.labelsize": 10,
    "ytick.labelsize": 10,
    "legend.frameon": False,
    "legend.fontsize": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
}


@dataclass(frozen=True)
class Drawing:
    """A figure for the page: a caption above an SVG element."""

    caption: str
    svg: Markup


@contextmanager
def apply_style() -> Iterator[None]:
    """The style of every figure, while the context lasts, whatever the user's matplotlibrc says."""
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(STYLE)
        yield


def make_canvas(
    inches: float, across: str, left: float = LEFT_INCHES, above: int = 0
) -> tuple[Figure, Axes]:
    """A figure with one pair of axes; see `make_panels`."""
    figure, (axes,) = make_panels(inches, [across], left, above)
    return figure, axes


def make_panels(
    inches: float, across: Sequence[str], left: float = LEFT_INCHES, above: int = 0, titles: int = 0
) -> tuple[Figure, list[Axes]]:
    """A figure with pairs of axes below one another, each of so many inches in height.

    The margins are given, and not found by drawing everything twice.

    Args:
        across: what the horizontal axis of each shows.
        left: inches beside the axes, for the labels of the ticks.
        above: lines of a legend above the first.
        titles: lines above each, for its title.
    """
    legend, title = TOP_INCHES + above * LINE_INCHES, titles * LINE_INCHES
    each = inches + BOTTOM_INCHES + title
    height = legend + each * len(across)
    figure = Figure(figsize=(WIDTH_INCHES, height))
    width = (WIDTH_INCHES - left - RIGHT_INCHES) / WIDTH_INCHES
    panels = []
    for number, words in enumerate(across, start=1):
        bottom = height - legend - number * each + BOTTOM_INCHES
        box = (left / WIDTH_INCHES, bottom / height, width, inches / height)
        axes = figure.add_axes(box)
        # Now, and both: seaborn makes all ticks of an axis without a name, only to look at them.
        axes.set(xlabel=words, ylabel=" ")
        panels.append(axes)
    return figure, panels


def draw_legend_above(
    axes: Axes, handles: Sequence[Any], labels: Sequence[str], columns: int, titles: int = 0
) -> None:
    """A legend over the axes, from their left edge on.

    Args:
        titles: lines that the title of the axes takes.
    """
    inches = axes.bbox.height / axes.bbox.width * axes.get_position().width * WIDTH_INCHES
    axes.legend(
        handles,
        labels,
        loc="lower left",
        bbox_to_anchor=(0, 1 + titles * LINE_INCHES / inches),
        borderaxespad=0.2,
        handlelength=2.4,
        labelspacing=0.25,
        columnspacing=1.2,
        ncols=columns,
    )


def choose_colors(frameworks: Iterable[str]) -> dict[str, str]:
    """A color for each framework: its own for a known one, another for each of the rest."""
    others = sorted(set(frameworks) - COLORS.keys())
    spare = {name: OTHER_COLORS[number % len(OTHER_COLORS)] for number, name in enumerate(others)}
    return COLORS | spare


def label_row(row: Row) -> str:
    """The row's label, shortened to what a figure has room for."""
    # The value of a variable is what tells such rows apart, and stands at the end.
    end = LONGEST_NAME // 2 if row.key.variables else 0
    return shorten_label(row.key.short_label, "" if row.refusal is None else NOT_RANKED, end)


def shorten_label(label: str, mark: str = "", end: int = 0) -> str:
    """A label that a figure has room for, with its end and a mark that are never cut off."""
    text, room = drop_unprintable(label), LONGEST_NAME - len(mark)
    if len(text) > room:
        text = f"{text[: room - end - 1]}…{text[len(text) - end :]}"
    return text + mark
