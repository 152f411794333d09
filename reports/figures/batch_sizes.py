"""Throughput against batch size: a line per row."""

from collections.abc import Sequence
from dataclasses import replace

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, MaxNLocator, NullLocator, StrMethodFormatter

from reports.content.cells import format_interval
from reports.figures.canvas import Drawing, apply_style, choose_colors, label_row, make_canvas
from reports.figures.lines import Look, draw_intervals, draw_legend, draw_lines
from reports.ranking.comparisons import Comparison
from reports.ranking.rows import Row
from reports.text import units
from reports.text.svg import to_svg

AXES_INCHES = 2.6


def draw_batch_sizes(comparisons: Sequence[Comparison], name: str) -> tuple[Drawing, ...]:
    """A figure for each work that was done in several batch sizes."""
    groups: dict[object, list[Comparison]] = {}
    for comparison in comparisons:
        groups.setdefault(replace(comparison.work, batch_size=0), []).append(comparison)
    with apply_style():
        drawings = [
            _curves(members, f"{name}-{number}")
            for number, members in enumerate(groups.values(), start=1)
        ]
    return tuple(drawing for drawing in drawings if drawing)


def _curves(members: Sequence[Comparison], name: str) -> Drawing | None:
    points = [
        (comparison.work.batch_size, row)
        for comparison in sorted(members, key=lambda comparison: comparison.work.batch_size)
        for row in comparison.timed
    ]
    table = pd.DataFrame(
        [
            {
                "row": row.label,
                "batch_size": size,
                "rate": row.throughput.median,
                "low": row.throughput.low,
                "high": row.throughput.high,
            }
            for size, row in points
        ]
    )
    if not len(table) or table["batch_size"].nunique() < 2:
        return None
    rows = dict(sorted({row.label: row for _, row in reversed(points)}.items()))
    figure, axes = make_canvas(AXES_INCHES, "Batch size", above=len(rows))
    palette = choose_colors(row.framework for row in rows.values())
    looks = {
        label: Look(label_row(row), palette[row.framework], place)
        for place, (label, row) in enumerate(rows.items())
    }
    draw_legend(axes, draw_lines(axes, table, "batch_size", "rate", "row", looks), looks)
    draw_intervals(axes, table, "batch_size", "row", looks)
    _axes(axes, sorted(set(table["batch_size"].tolist())))
    title = members[0].work.model_and_dataset
    caption = f"{title}: throughput by batch size, samples/s, bars are intervals"
    return Drawing(caption, to_svg(figure, name, _description(caption, points)))


def _axes(axes: Axes, sizes: Sequence[int]) -> None:
    axes.set_xscale("log", base=2)
    axes.set(ylabel="", ylim=(0, None))
    axes.xaxis.set_major_locator(FixedLocator(list(sizes)))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
    axes.yaxis.set_major_locator(MaxNLocator(6, steps=(1, 2, 2.5, 5, 10)))
    if axes.dataLim.y1 >= 1000:
        axes.yaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))


def _description(caption: str, points: Sequence[tuple[int, Row]]) -> str:
    parts = [
        f"{row.label} at {size}: {format_interval(row.throughput, units.format_number)}"
        for size, row in points
    ]
    return f"{caption}. {'; '.join(parts)}."
