"""Throughput: a strip per row with its blocks, its invocations and their interval."""

import math
from collections.abc import Callable, Sequence
from itertools import chain, islice
from typing import Any

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator, StrMethodFormatter

from reports.content.cells import format_interval
from reports.figures.canvas import Drawing, choose_colors, label_row, make_canvas
from reports.ranking.rows import THROUGHPUT, Row
from reports.statistics.quantiles import compute_throughput, select_finite
from reports.text import units
from reports.text.svg import INK, to_svg

# Of a row with more, every second, third, ... is drawn: the page stays small.
POINTS_PER_ROW = 80
# Of a strip's height: where its name, its blocks, its invocations and their interval lie.
LABELS, BLOCKS, INVOCATIONS, INTERVAL = -0.2, 0.0, 0.24, 0.42
STRIP_INCHES = 0.76


def draw_throughput(rows: Sequence[Row], name: str) -> Drawing | None:
    """A faint point per measured block, a large one per invocation, a bar for the interval.

    One strip per row, from 0.
    """
    if not rows:
        return None
    figure, axes = make_canvas(STRIP_INCHES * len(rows), "Samples/s", left=0.1)
    axes.set(yticks=[])
    axes.xaxis.set_major_locator(MaxNLocator(5))
    _scatter(axes, rows, _block_points, s=9, alpha=0.35)
    _strips(axes, rows)
    _scatter(axes, rows, _invocation_points, s=30)
    _frame(axes, rows)
    return Drawing(_caption(rows), to_svg(figure, name, _description(rows)))


def _scatter(
    axes: Axes, rows: Sequence[Row], points: Callable[[Row, int], pd.DataFrame], **look: Any
) -> None:
    table = pd.concat([points(row, position) for position, row in enumerate(rows)])
    palette = choose_colors(row.key.framework for row in rows)
    # One call for each color: points of one look are drawn ten times as fast.
    for framework, own in table.groupby("framework", sort=False):
        sns.scatterplot(
            own,
            x=THROUGHPUT,
            y="height",
            color=palette[str(framework)],
            linewidth=0,
            legend=False,
            ax=axes,
            **look,
        )


def _block_points(row: Row, position: int) -> pd.DataFrame:
    measured = (record.measured_blocks for record in row.finished)
    blocks = islice(chain.from_iterable(measured), 0, None, _thinning(_blocks(row)))
    rates = select_finite([compute_throughput(block.samples, block.seconds) for block in blocks])
    return _placed(rates, row, position + BLOCKS, 0.2)


def _invocation_points(row: Row, position: int) -> pd.DataFrame:
    rates = select_finite(row.values(THROUGHPUT))
    return _placed(rates[:: _thinning(len(rates))], row, position + INVOCATIONS, 0.1)


def _placed(rates: Sequence[float], row: Row, middle: float, height: float) -> pd.DataFrame:
    # Multiples of the golden ratio spread points evenly, and the same each time.
    spread = (np.arange(len(rates)) * 0.6180339887) % 1 - 0.5
    return pd.DataFrame(
        {
            THROUGHPUT: np.array(rates, dtype=float),
            "height": middle + (height * spread if len(rates) > 1 else 0.0 * spread),
            "framework": row.key.framework,
        }
    )


def _blocks(row: Row) -> int:
    return int(row.trials["measured_blocks"].sum())


def _thinning(points: int) -> int:
    return max(1, math.ceil(points / POINTS_PER_ROW))


def _strips(axes: Axes, rows: Sequence[Row]) -> None:
    """Name and median above each strip, where a narrow page has room; below, the interval."""
    across = axes.get_yaxis_transform()
    for position, row in enumerate(rows):
        label, median = position + LABELS, units.format_number(row.throughput.median)
        axes.text(0, label, label_row(row), transform=across)
        axes.text(1, label, median, transform=across, ha="right", fontweight="bold")
    intervals = pd.DataFrame(
        [(row.throughput.low, row.throughput.median, row.throughput.high) for row in rows],
        columns=["low", "median", "high"],
    )
    intervals["height"] = np.arange(len(rows)) + INTERVAL
    complete = intervals.dropna()
    axes.hlines(complete["height"], complete["low"], complete["high"], colors=INK, linewidth=1.8)
    for end, half in (
        (complete["low"], 0.04),
        (complete["high"], 0.04),
        (intervals["median"], 0.09),
    ):
        height = intervals["height"][end.index]
        axes.vlines(end, height - half, height + half, colors=INK, linewidth=1.8)


def _frame(axes: Axes, rows: Sequence[Row]) -> None:
    axes.set(ylabel="", ylim=(len(rows) - 0.36, -0.45))
    axes.set_xlim(0, 1.04 * max(axes.dataLim.x1, 1e-9))
    axes.spines["left"].set_visible(False)
    if axes.dataLim.x1 >= 10:
        axes.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))


def _caption(rows: Sequence[Row]) -> str:
    step = max(_thinning(_blocks(row)) for row in rows)
    thinned = f" (1 in {step} of the row with most blocks)" if step > 1 else ""
    bar = ", a bar over their interval" if any(row.throughput.exists for row in rows) else ""
    return (
        f"Throughput: a faint point per measured block{thinned}, a large one per invocation, a "
        f"line at the median of the invocations{bar}"
    )


def _description(rows: Sequence[Row]) -> str:
    parts = [f"{row.label}: {format_interval(row.throughput, units.format_number)}" for row in rows]
    lead = "Throughput in samples per second, median over invocations, with its interval if any"
    return f"{lead}. {'; '.join(parts)}."
