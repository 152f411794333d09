"""Times until the first step, and memory: a bar per row, the parts of it in layers."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from reports.figures.canvas import Drawing, draw_legend_above, label_row, make_canvas
from reports.ranking.rows import Row
from reports.text import units
from reports.text.svg import to_svg
from reports.text.units import MIB, Format

BAR_INCHES = 0.56
# Of a bar's height: its name stands above it.
LABEL = -0.3
# One color from strong to faint: parts of one thing, with 3:1 contrast between neighbors' edges.
SHADES = ("#3d4f9f", "#7c8cd0", "#b9c3ec")


@dataclass(frozen=True)
class Layers:
    """What bars consist of.

    Attributes:
        columns: of trials, by their names in the legend; each is a part of the next or, if `added`,
            comes on top of the one before.
        whole: the column of the whole bar: medians do not add up.
        scale: base units of one unit of the axis.
    """

    title: str
    anchor: str
    axis: str
    columns: dict[str, str]
    whole: str
    text: Format
    scale: float = 1.0
    added: bool = False


STARTUP = Layers(
    "Until the first step has been taken: import, build, and the first step with its compilation",
    "startup",
    "Seconds",
    {
        "Import": "import_seconds",
        "Build": "build_seconds",
        "First step": "first_step_seconds",
    },
    "time_to_first_step_seconds",
    units.format_number,
    added=True,
)
MEMORY = Layers(
    "Memory of the process: what it had allocated after import, after build, and at most",
    "memory",
    "MiB of anonymous memory",
    {
        "After import": "anonymous_after_import_bytes",
        "After build": "anonymous_after_build_bytes",
        "Peak": "peak_anonymous_bytes",
    },
    "peak_anonymous_bytes",
    units.format_mebibytes,
    scale=MIB,
)


def draw_bars(rows: Sequence[Row], layers: Layers, name: str) -> Drawing | None:
    """The medians over the invocations of each row that has all of them."""
    columns = layers.columns.values()
    measured = [(row, [row.estimate(column).median for column in columns]) for row in rows]
    complete = [(row, own) for row, own in measured if not any(map(math.isnan, own))]
    if not complete:
        return None
    shown, parts = [row for row, _ in complete], [own for _, own in complete]
    figure, axes = make_canvas(BAR_INCHES * len(shown), layers.axis, left=0.1, above=1)
    axes.xaxis.set_major_locator(MaxNLocator(5))
    _layers(axes, parts, layers)
    _frame(axes, shown, layers)
    handles = [Patch(color=shade) for shade in SHADES[: len(layers.columns)]]
    draw_legend_above(axes, handles, list(layers.columns), len(handles))
    svg = to_svg(figure, f"{name}-{layers.anchor}", _description(shown, parts, layers))
    return Drawing(f"{layers.title} (medians)", svg)


def _end(parts: Sequence[float], place: int, layers: Layers) -> float:
    return (math.fsum(parts[: place + 1]) if layers.added else parts[place]) / layers.scale


def _layers(axes: Axes, parts: Sequence[Sequence[float]], layers: Layers) -> None:
    """All in one call, the longest first: the others are drawn over it."""
    places = list(reversed(range(len(layers.columns))))
    table = pd.DataFrame(
        [
            {"end": _end(widths, place, layers), "row": row, "layer": place}
            for place in places
            for row, widths in enumerate(parts)
        ]
    )
    sns.barplot(
        table,
        x="end",
        y="row",
        hue="layer",
        hue_order=places,
        palette=dict(enumerate(SHADES)),
        orient="h",
        dodge=False,
        errorbar=None,
        saturation=1,
        width=0.3,
        linewidth=0,
        legend=False,
        ax=axes,
    )


def _frame(axes: Axes, rows: Sequence[Row], layers: Layers) -> None:
    across = axes.get_yaxis_transform()
    for position, row in enumerate(rows):
        end = layers.text(row.estimate(layers.whole).median)
        axes.text(0, position + LABEL, label_row(row), transform=across)
        axes.text(1, position + LABEL, end, transform=across, ha="right", fontweight="bold")
    axes.set(ylabel="", yticks=[], ylim=(len(rows) - 0.7, -0.75))
    axes.spines["left"].set_visible(False)


def _description(rows: Sequence[Row], parts: Sequence[Sequence[float]], layers: Layers) -> str:
    lines = []
    for row, own in zip(rows, parts, strict=True):
        values = (
            f"{title} {layers.text(value)}"
            for title, value in zip(layers.columns, own, strict=True)
        )
        lines.append(f"{row.label}: {', '.join(values)}")
    return f"{layers.title}, {layers.axis}. {'; '.join(lines)}."
