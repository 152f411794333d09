"""Throughput against batch size: a line per row."""

from collections.abc import Sequence
from dataclasses import replace

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, MaxNLocator, NullLocator, StrMethodFormatter

from reports.content.cells import words
from reports.figures.canvas import Drawing, canvas, colours, name_of, style
from reports.figures.lines import Look, intervals, legend, lines
from reports.ranking.comparisons import Comparison
from reports.ranking.rows import Row
from reports.text import units
from reports.text.svg import inline, printable

AXES_INCHES = 2.6


def batch_size_curves(comparisons: Sequence[Comparison], name: str) -> tuple[Drawing, ...]:
    """A figure for each work that was done in several batch sizes."""
    groups: dict[object, list[Comparison]] = {}
    for comparison in comparisons:
        groups.setdefault(replace(comparison.work, batch_size=0), []).append(comparison)
    with style():
        found = [
            _curves(sorted(members, key=lambda one: one.work.batch_size), f"{name}-{number}")
            for number, members in enumerate(groups.values(), start=1)
        ]
    return tuple(drawing for drawing in found if drawing)


def _curves(members: Sequence[Comparison], name: str) -> Drawing | None:
    points = [
        (row.key, comparison.work.batch_size, row)
        for comparison in members
        for row in comparison.timed
    ]
    table = pd.DataFrame(
        [
            {
                "row": key.label,
                "batch_size": size,
                "rate": row.throughput.median,
                "low": row.throughput.low,
                "high": row.throughput.high,
            }
            for key, size, row in points
        ]
    )
    if not len(table) or table["batch_size"].nunique() < 2:
        return None
    rows = {key.label: row for key, _, row in reversed(points)}
    rows = {label: rows[label] for label in sorted(rows)}
    figure, axes = canvas(AXES_INCHES, "Batch size", above=len(rows))
    palette = colours(row.framework for row in rows.values())
    looks = {
        label: Look(name_of(row), palette[row.framework], place)
        for place, (label, row) in enumerate(rows.items())
    }
    legend(axes, lines(axes, table, "batch_size", "rate", "row", looks), looks)
    intervals(axes, table, "batch_size", "row", looks)
    _axes(axes, sorted(set(table["batch_size"].tolist())))
    title = members[0].work
    caption = f"{title.model_and_dataset}: throughput by batch size, samples/s, bars are intervals"
    return Drawing(caption, inline(figure, name, _description(caption, points)))


def _axes(axes: Axes, sizes: Sequence[int]) -> None:
    axes.set_xscale("log", base=2)
    axes.set(ylabel="", ylim=(0, None))
    axes.xaxis.set_major_locator(FixedLocator(list(sizes)))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
    axes.yaxis.set_major_locator(MaxNLocator(6, steps=(1, 2, 2.5, 5, 10)))
    if axes.dataLim.y1 >= 1000:
        axes.yaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))


def _description(caption: str, points: Sequence[tuple[object, int, Row]]) -> str:
    parts = [
        f"{row.label} at {size}: {words(row.throughput, units.number)}" for _, size, row in points
    ]
    return printable(f"{caption}. {'; '.join(parts)}.")
