"""Losses and accuracies against epochs and against the time of training: a line per row."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from reports import frame, units
from reports.figures.canvas import Drawing, canvas, colours, name_of
from reports.figures.lines import Look, lines
from reports.rows import Row
from reports.svg import inline, printable
from reports.units import Format

AXES_INCHES = 2.3
EPOCH, SECONDS = "epoch", "elapsed_seconds"
AXIS_TITLES = {EPOCH: "Epoch", SECONDS: "Seconds of training, compilation included"}


@dataclass(frozen=True)
class Curve:
    """A value at each evaluation that is drawn as a line per row.

    Attributes:
        column: of `reports.frame.epochs`.
        against: the column that is the horizontal axis.
    """

    column: str
    against: str
    title: str
    text: Format
    scale: float = 1.0


CURVES = (
    Curve("test_accuracy", EPOCH, "Test accuracy by epoch, %", units.percent, 100.0),
    Curve("test_accuracy", SECONDS, "Test accuracy by time of training, %", units.percent, 100.0),
    Curve("train_loss", EPOCH, "Train loss by epoch", units.number),
)


def curve_figures(rows: Sequence[Row], name: str) -> list[Drawing]:
    """The figures that the rows have values for.

    Args:
        name: unique on the page.
    """
    points = {position: _points(row) for position, row in enumerate(rows) if row.finished}
    found = (curve_figure(rows, points, curve, name) for curve in CURVES)
    return [drawing for drawing in found if drawing]


def curve_figure(
    rows: Sequence[Row], points: Mapping[int, pd.DataFrame], curve: Curve, name: str
) -> Drawing | None:
    """A line per row; equal lines lie on one another, so each is narrower than those below it."""
    values = _values(points, curve)
    # A single evaluation is no curve, and its numbers are in the table.
    if values["epoch"].nunique() < 2:
        return None
    shown = {position: rows[position] for position in dict.fromkeys(values["row"].tolist())}
    figure, axes = canvas(AXES_INCHES, above=len(shown))
    palette = colours(row.framework for row in shown.values())
    looks = {place: Look(name_of(row), palette[row.framework]) for place, row in shown.items()}
    # From wide, drawn first, to narrow, drawn last.
    widths = np.linspace(6.5 if len(shown) > 1 else 2.0, 1.4, len(shown)).tolist()
    lines(axes, values, "x", "median", "row", looks, widths)
    _bands(axes, values, looks)
    axes.set(xlabel=AXIS_TITLES[curve.against], ylabel="")
    axes.xaxis.set_major_locator(MaxNLocator(integer=curve.against == EPOCH, min_n_ticks=1))
    axes.yaxis.set_major_locator(MaxNLocator(6, steps=(1, 2, 2.5, 5, 10)))
    if curve.against == SECONDS:
        axes.set_xlim(left=0)
    anchor = f"{name}-{curve.column}-{curve.against}".replace("_", "-")
    return Drawing(
        curve.title + _repeats(values), inline(figure, anchor, _description(values, curve, shown))
    )


def _points(row: Row) -> pd.DataFrame:
    """Median, lowest and highest of each column at each evaluation, over the row's trials."""
    names = [SECONDS, *dict.fromkeys(curve.column for curve in CURVES)]
    values = frame.epochs(row.finished)[[EPOCH, *names]].astype(float)
    return values.groupby(EPOCH)[names].agg(["median", "min", "max", "count"])


def _values(points: Mapping[int, pd.DataFrame], curve: Curve) -> pd.DataFrame:
    """A line per row and evaluation: epoch, x, median, low, high."""
    frames = []
    for position, found in points.items():
        own = found[curve.column]
        frames.append(
            pd.DataFrame(
                {
                    "row": position,
                    EPOCH: found.index.to_numpy(),
                    "x": found.index.to_numpy()
                    if curve.against == EPOCH
                    else found[SECONDS]["median"].to_numpy(),
                    "median": own["median"].to_numpy() * curve.scale,
                    "low": own["min"].to_numpy() * curve.scale,
                    "high": own["max"].to_numpy() * curve.scale,
                    "count": own["count"].to_numpy(),
                }
            )
        )
    if not frames:
        return pd.DataFrame(columns=["row", EPOCH, "x", "median", "low", "high", "count"])
    return pd.concat(frames, ignore_index=True).dropna()


def _bands(axes: Axes, values: pd.DataFrame, looks: Mapping[int, Look]) -> None:
    for position, look in looks.items():
        own = values[values["row"] == position]
        if (own["count"] > 1).any():
            axes.fill_between(own["x"], own["low"], own["high"], color=look.colour, alpha=0.2, lw=0)


def _repeats(values: pd.DataFrame) -> str:
    if not (values["count"] > 1).any():
        return ""
    return " (median of a row's trials, band from lowest to highest)"


def _description(values: pd.DataFrame, curve: Curve, rows: Mapping[int, Row]) -> str:
    parts = []
    for position, row in rows.items():
        own = values[values["row"] == position]
        ends = [
            f"{curve.text(middle / curve.scale)} {_place(curve, epoch, x)}"
            for epoch, x, middle in own[[EPOCH, "x", "median"]].iloc[[0, -1]].to_numpy()
        ]
        parts.append(f"{row.label}: {', '.join(ends)}")
    return printable(f"{curve.title}. {'; '.join(parts)}.")


def _place(curve: Curve, epoch: float, x: float) -> str:
    if curve.against == EPOCH:
        return f"after epoch {epoch:.0f}"
    return f"after {units.number(x)} s"
