"""Losses and accuracies against epochs and against the time of training: a line per row."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from reports.figures.canvas import Drawing, draw_legend_above, label_row, make_panels
from reports.figures.lines import Look, choose_looks, choose_value_ticks, draw_lines
from reports.ranking.rows import Row
from reports.text import units
from reports.text.svg import to_svg
from reports.text.units import Format
from reports.trials import frame

AXES_INCHES = 2.1
EPOCH, SECONDS = "epoch", "elapsed_seconds"
AXIS_TITLES = {EPOCH: "Epoch", SECONDS: "Seconds of training, compilation included"}
# Of the widest line and of the narrowest one: equal lines lie on one another.
WIDEST, NARROWEST = 6.5, 1.4


@dataclass(frozen=True)
class Curve:
    """A value at each evaluation that is drawn as a line per row.

    Attributes:
        column: of `reports.trials.frame.build_epochs`.
        against: the column that is the horizontal axis.
    """

    column: str
    against: str
    title: str
    text: Format
    scale: float = 1.0


CURVES = (
    Curve("test_accuracy", EPOCH, "Test accuracy by epoch, %", units.format_percent, 100.0),
    Curve(
        "test_accuracy",
        SECONDS,
        "Test accuracy by time of training, %",
        units.format_percent,
        100.0,
    ),
    Curve("train_loss", EPOCH, "Train loss by epoch", units.format_number),
)


def draw_curves(rows: Sequence[Row], name: str) -> Drawing | None:
    """A panel for each curve that the rows have values for, below one legend."""
    points = _points(rows)
    values = {curve: _values(points, curve) for curve in CURVES}
    # A single evaluation is no curve, and its numbers are in the table.
    shown = {curve: own for curve, own in values.items() if own[EPOCH].nunique() > 1}
    if not shown:
        return None
    places = sorted({place for own in shown.values() for place in own["line"].tolist()})
    # From wide, drawn first, to narrow, drawn last.
    widths = np.linspace(WIDEST if len(places) > 1 else 2.0, NARROWEST, len(places)).tolist()
    lines = {place: (label_row(rows[place]), rows[place].key.framework) for place in places}
    looks = choose_looks(lines, widths)
    by_row = {curve: _by_row(own) for curve, own in shown.items()}
    across = [AXIS_TITLES[curve.against] for curve in shown]
    figure, panes = make_panels(AXES_INCHES, across, above=len(looks), titles=1)
    drawn: dict[int, Line2D] = {}
    for axes, (curve, own) in zip(panes, shown.items(), strict=True):
        drawn |= _panel(axes, curve, own, looks)
        _bands(axes, by_row[curve], looks)
    handles, names = [drawn[place] for place in looks], [look.name for look in looks.values()]
    draw_legend_above(panes[0], handles, names, columns=1, titles=1)
    description = ". ".join(_description(own, curve, rows) for curve, own in by_row.items())
    caption = "Accuracy and loss, by epoch and by time of training"
    if any((own["count"] > 1).any() for own in shown.values()):
        caption += " (median of a row's trials, band from lowest to highest)"
    return Drawing(caption, to_svg(figure, f"{name}-curves", f"{description}."))


def _panel(
    axes: Axes, curve: Curve, values: pd.DataFrame, looks: Mapping[int, Look]
) -> dict[int, Line2D]:
    # Before anything is drawn: seaborn makes all ticks, which are many by other rules.
    axes.xaxis.set_major_locator(MaxNLocator(integer=curve.against == EPOCH, min_n_ticks=1))
    choose_value_ticks(axes)
    drawn = draw_lines(axes, values, looks)
    axes.set(ylabel="")
    axes.set_title(curve.title, loc="left", y=1.0, pad=4, fontsize=10)
    if curve.against == SECONDS:
        axes.set_xlim(left=0)
    return drawn


def _by_row(values: pd.DataFrame) -> dict[int, pd.DataFrame]:
    return {place: values[values["line"] == place] for place in values["line"].unique().tolist()}


def _points(rows: Sequence[Row]) -> pd.DataFrame:
    """Median, lowest and highest of each column by row and epoch, over the row's trials."""
    names = [SECONDS, *dict.fromkeys(curve.column for curve in CURVES)]
    places = [place for place, row in enumerate(rows) for _ in row.finished]
    finished = (record for row in rows for record in row.finished)
    values = frame.build_epochs(finished)
    keys = [values["record"].map(dict(enumerate(places))).rename("line"), values[EPOCH]]
    return values[names].groupby(keys).agg(["median", "min", "max", "count"])


def _values(points: pd.DataFrame, curve: Curve) -> pd.DataFrame:
    """A line per row and evaluation: line, epoch, x, y, low, high, count."""
    own = points[curve.column]
    numbers = own.set_axis(["y", "low", "high", "count"], axis=1).reset_index()
    numbers[["y", "low", "high"]] *= curve.scale
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
            outlines, facecolors=[looks[place].color for place in several], alpha=0.2, linewidths=0
        )
    )
    for outline in outlines:
        axes.update_datalim(outline)
    axes.autoscale_view()


def _description(groups: Mapping[int, pd.DataFrame], curve: Curve, rows: Sequence[Row]) -> str:
    parts = []
    for place, own in groups.items():
        ends = [
            f"{curve.text(middle / curve.scale)} after "
            + (f"epoch {epoch:.0f}" if curve.against == EPOCH else f"{units.format_number(x)} s")
            for epoch, x, middle in own[[EPOCH, "x", "y"]].iloc[[0, -1]].to_numpy()
        ]
        parts.append(f"{rows[place].label}: {', '.join(ends)}")
    return f"{curve.title}. {'; '.join(parts)}"
