"""Losses and accuracies against epochs and against the time of training: a line per row."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
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
    points = _points(rows)
    found = (curve_figure(rows, points, curve, name) for curve in CURVES)
    return [drawing for drawing in found if drawing]


def curve_figure(
    rows: Sequence[Row], points: pd.DataFrame, curve: Curve, name: str
) -> Drawing | None:
    """A line per row; equal lines lie on one another, so each is narrower than those below it."""
    values = _values(points, curve)
    # A single evaluation is no curve, and its numbers are in the table.
    if values[EPOCH].nunique() < 2:
        return None
    groups = {place: values[values["row"] == place] for place in values["row"].unique().tolist()}
    shown = {place: rows[place] for place in groups}
    figure, axes = canvas(AXES_INCHES, AXIS_TITLES[curve.against], above=len(shown))
    palette = colours(row.framework for row in shown.values())
    looks = {place: Look(name_of(row), palette[row.framework]) for place, row in shown.items()}
    # From wide, drawn first, to narrow, drawn last.
    widths = np.linspace(6.5 if len(shown) > 1 else 2.0, 1.4, len(shown)).tolist()
    # Before anything is drawn: seaborn makes all ticks, which are many by other rules.
    axes.xaxis.set_major_locator(MaxNLocator(integer=curve.against == EPOCH, min_n_ticks=1))
    axes.yaxis.set_major_locator(MaxNLocator(6, steps=(1, 2, 2.5, 5, 10)))
    lines(axes, values, "x", "median", "row", looks, widths)
    _bands(axes, groups, looks)
    axes.set(ylabel="")
    if curve.against == SECONDS:
        axes.set_xlim(left=0)
    anchor = f"{name}-{curve.column}-{curve.against}".replace("_", "-")
    return Drawing(
        curve.title + _repeats(values), inline(figure, anchor, _description(groups, curve, shown))
    )


def _points(rows: Sequence[Row]) -> pd.DataFrame:
    """Median, lowest and highest of each column by row and epoch, over the row's trials."""
    names = [SECONDS, *dict.fromkeys(curve.column for curve in CURVES)]
    places = [place for place, row in enumerate(rows) for _ in row.finished]
    finished = (record for row in rows for record in row.finished)
    values = frame.epochs(finished, ("record", EPOCH, *names))
    keys = [values["record"].map(dict(enumerate(places))).rename("row"), values[EPOCH]]
    return values[names].groupby(keys).agg(["median", "min", "max", "count"])


def _values(points: pd.DataFrame, curve: Curve) -> pd.DataFrame:
    """A line per row and evaluation: row, epoch, x, median, low, high, count."""
    own = points[curve.column]
    numbers = own.set_axis(["median", "low", "high", "count"], axis=1).reset_index()
    numbers[["median", "low", "high"]] *= curve.scale
    x = numbers[EPOCH] if curve.against == EPOCH else points[SECONDS]["median"].to_numpy()
    return numbers.assign(x=x).dropna()


def _bands(axes: Axes, groups: Mapping[int, pd.DataFrame], looks: Mapping[int, Look]) -> None:
    """From the lowest to the highest of each row that has several trials."""
    several = {place: own for place, own in groups.items() if (own["count"] > 1).any()}
    outlines = [
        np.concatenate([own[["x", "low"]].to_numpy(), own[["x", "high"]].to_numpy()[::-1]])
        for own in several.values()
    ]
    axes.add_collection(
        PolyCollection(
            outlines, facecolors=[looks[place].colour for place in several], alpha=0.2, linewidths=0
        )
    )
    for outline in outlines:
        axes.update_datalim(outline)
    axes.autoscale_view()


def _repeats(values: pd.DataFrame) -> str:
    if not (values["count"] > 1).any():
        return ""
    return " (median of a row's trials, band from lowest to highest)"


def _description(groups: Mapping[int, pd.DataFrame], curve: Curve, rows: Mapping[int, Row]) -> str:
    parts = []
    for place, own in groups.items():
        ends = [
            f"{curve.text(middle / curve.scale)} {_place(curve, epoch, x)}"
            for epoch, x, middle in own[[EPOCH, "x", "median"]].iloc[[0, -1]].to_numpy()
        ]
        parts.append(f"{rows[place].label}: {', '.join(ends)}")
    return printable(f"{curve.title}. {'; '.join(parts)}.")


def _place(curve: Curve, epoch: float, x: float) -> str:
    if curve.against == EPOCH:
        return f"after epoch {epoch:.0f}"
    return f"after {units.number(x)} s"
