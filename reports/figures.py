"""The figures of a comparison: throughput by block and invocation, losses and accuracy by epoch."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
import seaborn as sns
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, StrMethodFormatter

from reports import frame, units
from reports.cells import words
from reports.comparisons import Comparison
from reports.rows import THROUGHPUT, Row
from reports.svg import INK, RULE, inline, printable
from reports.tables import NOT_RANKED
from reports.units import Format

# Of Okabe and Ito's colour-blind-safe palette those with 3:1 contrast on white and near-black.
COLOURS = {"pytorch": "#d55e00", "tensorflow": "#0072b2", "mxnet": "#009e73", "jax": "#cc79a7"}
OTHER_COLOURS = ("#7a7a7a", "#9467bd", "#8c6d31", "#3b8ea5")

# Of a row with more blocks, every second, third, ... is drawn: the page stays small.
POINTS_PER_ROW = 150

WIDTH_INCHES = 5.0
LONGEST_NAME = 48
# Of a strip's height: where its name, its blocks, its invocations and their interval lie.
LABELS, BLOCKS, INVOCATIONS, INTERVAL = -0.2, 0.0, 0.24, 0.42
DASHES = ((), (4, 1.6), (1.2, 1.2), (6, 1.6, 1.2, 1.6))
MARKERS = ("o", "s", "D", "^", "v", "P", "X")
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


@dataclass(frozen=True)
class Curve:
    """A value per epoch that is drawn as a line per row."""

    column: str
    title: str
    text: Format
    scale: float = 1.0


CURVES = (
    Curve("train_loss", "Train loss by epoch", units.number),
    Curve("test_loss", "Test loss by epoch", units.number),
    Curve("test_accuracy", "Test accuracy by epoch, %", units.percent, 100.0),
)


def drawings(comparison: Comparison, name: str) -> tuple[Drawing, ...]:
    """The figures that the comparison has values for.

    Args:
        name: unique on the page.
    """
    with mpl.rc_context(STYLE):
        figures = [throughput(comparison.timed, f"{name}-throughput")]
        figures += [curve_figure(comparison.rows, curve, name) for curve in CURVES]
    return tuple(drawing for drawing in figures if drawing)


def colours(frameworks: Iterable[str]) -> dict[str, str]:
    """A colour for each framework: its own for a known one, another for each of the rest."""
    others = sorted(set(frameworks) - COLOURS.keys())
    spare = {name: OTHER_COLOURS[number % len(OTHER_COLOURS)] for number, name in enumerate(others)}
    return COLOURS | spare


def throughput(rows: Sequence[Row], name: str) -> Drawing | None:
    """A faint point per measured block, a large one per invocation, a bar for the interval.

    One strip per row, from 0.
    """
    if not rows:
        return None
    figure = Figure(figsize=(WIDTH_INCHES, 0.7 + 0.76 * len(rows)), layout="constrained")
    axes = figure.add_subplot()
    _scatter(axes, rows, _block_points, s=9, alpha=0.35)
    _strips(axes, rows)
    _scatter(axes, rows, _invocation_points, s=30)
    _frame(axes, rows)
    return Drawing(_throughput_caption(rows), inline(figure, name, _throughput_words(rows)))


def curve_figure(rows: Sequence[Row], curve: Curve, name: str) -> Drawing | None:
    """A line per row; equal lines lie on one another, so each is narrower than those below it."""
    values = _epochs(rows, curve)
    # A single epoch is no curve, and its numbers are in the table.
    if values["epoch"].nunique() < 2:
        return None
    shown = {position: rows[position] for position in dict.fromkeys(values["row"])}
    figure = Figure(figsize=(WIDTH_INCHES, 2.9 + 0.22 * len(shown)), layout="constrained")
    axes = figure.add_subplot()
    _lines(axes, values, shown)
    _legend(axes, shown)
    axes.set(xlabel="Epoch", ylabel="")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    axes.yaxis.set_major_locator(MaxNLocator(6, steps=(1, 2, 2.5, 5, 10)))
    anchor = f"{name}-{curve.column.replace('_', '-')}"
    description = _curve_words(values, curve, shown)
    return Drawing(curve.title + _repeats(values), inline(figure, anchor, description))


def _scatter(
    axes: Axes, rows: Sequence[Row], points: Callable[[Row, int], pd.DataFrame], **look: Any
) -> None:
    sns.scatterplot(
        pd.concat([points(row, position) for position, row in enumerate(rows)]),
        x=THROUGHPUT,
        y="height",
        hue="framework",
        palette=colours(row.framework for row in rows),
        linewidth=0,
        legend=False,
        ax=axes,
        **look,
    )


def _block_points(row: Row, position: int) -> pd.DataFrame:
    blocks = frame.blocks(row.finished).dropna(subset=THROUGHPUT)
    blocks = blocks.iloc[:: _thinning(len(blocks))]
    return _placed(blocks, row, position + BLOCKS, 0.2)


def _invocation_points(row: Row, position: int) -> pd.DataFrame:
    return _placed(row.trials.dropna(subset=THROUGHPUT), row, position + INVOCATIONS, 0.1)


def _placed(points: pd.DataFrame, row: Row, middle: float, height: float) -> pd.DataFrame:
    # Multiples of the golden ratio spread points evenly, and the same each time.
    spread = (np.arange(len(points)) * 0.6180339887) % 1 - 0.5
    return points.assign(
        height=middle + (height * spread if len(points) > 1 else 0.0), framework=row.framework
    )[[THROUGHPUT, "height", "framework"]]


def _thinning(blocks: int) -> int:
    return math.ceil(blocks / POINTS_PER_ROW)


def _strips(axes: Axes, rows: Sequence[Row]) -> None:
    """Name and median above each strip, where a narrow page has room; below, the interval."""
    across = axes.get_yaxis_transform()
    for position, row in enumerate(rows):
        found, height = row.throughput, position + INTERVAL
        if found.exists:
            _line(axes, (found.low, found.high), (height, height))
            for end in (found.low, found.high):
                _line(axes, (end, end), (height - 0.04, height + 0.04))
        _line(axes, (found.median, found.median), (height - 0.09, height + 0.09))
        label = position + LABELS
        axes.text(0, label, _name(row), transform=across)
        median = units.number(found.median)
        axes.text(1, label, median, transform=across, ha="right", fontweight="bold")


def _line(axes: Axes, across: tuple[float, float], down: tuple[float, float]) -> None:
    axes.plot(across, down, color=INK, linewidth=1.8)


def _frame(axes: Axes, rows: Sequence[Row]) -> None:
    axes.set(xlabel="Samples/s", ylabel="", yticks=[], ylim=(len(rows) - 0.36, -0.45))
    axes.set_xlim(0, 1.04 * max(axes.dataLim.x1, 1e-9))
    axes.spines["left"].set_visible(False)
    axes.xaxis.set_major_locator(MaxNLocator(5))
    if axes.dataLim.x1 >= 10:
        axes.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))


def _throughput_caption(rows: Sequence[Row]) -> str:
    step = max(_thinning(len(frame.blocks(row.finished))) for row in rows)
    thinned = f" (1 in {step} of the row with most blocks)" if step > 1 else ""
    bar = ", a bar over their interval" if any(row.throughput.exists for row in rows) else ""
    return (
        f"Throughput: a faint point per measured block{thinned}, a large one per invocation, a "
        f"line at the median of the invocations{bar}"
    )


def _throughput_words(rows: Sequence[Row]) -> str:
    parts = [f"{row.label}: {words(row.throughput, units.number)}" for row in rows]
    lead = "Throughput in samples per second, median over invocations, with its interval if any"
    return printable(f"{lead}. {'; '.join(parts)}.")


def _epochs(rows: Sequence[Row], curve: Curve) -> pd.DataFrame:
    """The curve's values: a line of the frame per epoch of a trial, with the row's position."""
    frames = [
        frame.epochs(row.finished).assign(row=position)[["row", "epoch", curve.column]]
        for position, row in enumerate(rows)
        if row.finished
    ]
    if not frames:
        return pd.DataFrame(columns=["row", "epoch", "value"])
    values = pd.concat(frames).dropna()
    values["value"] = values[curve.column].astype(float) * curve.scale
    return values


def _lines(axes: Axes, values: pd.DataFrame, rows: Mapping[int, Row]) -> None:
    palette = colours(row.framework for row in rows.values())
    # From wide, drawn first, to narrow, drawn last.
    widths = np.linspace(6.5 if len(rows) > 1 else 2.0, 1.4, len(rows))
    sns.lineplot(
        values,
        x="epoch",
        y="value",
        hue="row",
        size="row",
        style="row",
        hue_order=list(rows),
        size_order=list(rows),
        style_order=list(rows),
        palette={position: palette[row.framework] for position, row in rows.items()},
        sizes=widths.tolist(),
        dashes=dict(zip(rows, cycle(DASHES))),
        markers=dict(zip(rows, cycle(MARKERS))),
        markeredgewidth=0,
        estimator="median",
        errorbar=("pi", 100) if _repeated(values) else None,
        legend="full",
        ax=axes,
    )
    for line, width in zip(axes.lines, widths, strict=False):
        line.set_markersize(width + 2.5)


def _legend(axes: Axes, rows: Mapping[int, Row]) -> None:
    handles, positions = axes.get_legend_handles_labels()
    axes.legend(
        handles,
        [_name(rows[int(position)]) for position in positions],
        loc="lower left",
        bbox_to_anchor=(0, 1),
        borderaxespad=0.3,
        handlelength=3,
    )


def _name(row: Row) -> str:
    """The row's label, shortened to what a figure has room for."""
    mark = "" if row.refusal is None else NOT_RANKED
    label, room = printable(row.label), LONGEST_NAME - len(mark)
    return (label if len(label) <= room else f"{label[: room - 1]}…") + mark


def _repeated(values: pd.DataFrame) -> bool:
    return bool(values.duplicated(["row", "epoch"]).any())


def _repeats(values: pd.DataFrame) -> str:
    if not _repeated(values):
        return ""
    return " (median of a row's trials, band from lowest to highest)"


def _curve_words(values: pd.DataFrame, curve: Curve, rows: Mapping[int, Row]) -> str:
    parts = []
    for position, row in rows.items():
        own = values[values["row"] == position]
        middles = own.groupby("epoch")[curve.column].median()
        ends = [
            f"{curve.text(float(middles.iloc[end]))} after epoch {middles.index[end]}"
            for end in (0, -1)
        ]
        parts.append(f"{row.label}: {', '.join(ends)}")
    return printable(f"{curve.title}. {'; '.join(parts)}.")
