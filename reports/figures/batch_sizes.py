"""Throughput against batch size: a line per row."""

from collections.abc import Sequence
from dataclasses import replace

import pandas as pd
from matplotlib.ticker import FixedLocator, NullLocator, StrMethodFormatter

from reports.content.cells import format_interval
from reports.figures.canvas import Drawing, apply_style, label_row
from reports.figures.lines import choose_looks, draw_series
from reports.ranking.comparisons import Comparison
from reports.ranking.rows import Row
from reports.text import units
from reports.text.svg import to_svg


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
                "line": row.label,
                "x": size,
                "y": row.throughput.median,
                "low": row.throughput.low,
                "high": row.throughput.high,
            }
            for size, row in points
        ]
    )
    if not len(table) or table["x"].nunique() < 2:
        return None
    rows = dict(sorted({row.label: row for _, row in reversed(points)}.items()))
    looks = choose_looks(
        {label: (label_row(row), row.key.framework) for label, row in rows.items()}
    )
    figure, axes = draw_series(table, looks, "Batch size")
    axes.set_xscale("log", base=2)
    axes.xaxis.set_major_locator(FixedLocator(sorted(set(table["x"].tolist()))))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
    title = members[0].work.model_and_dataset
    caption = f"{title}: throughput by batch size, samples/s, bars are intervals"
    return Drawing(caption, to_svg(figure, name, _description(caption, points)))


def _description(caption: str, points: Sequence[tuple[int, Row]]) -> str:
    parts = [
        f"{row.label} at {size}: {format_interval(row.throughput, units.format_number)}"
        for size, row in points
    ]
    return f"{caption}. {'; '.join(parts)}."
