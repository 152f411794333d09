"""The figures of a page: Matplotlib and seaborn, as SVG elements in the page's own colors."""

from reports.figures.bars import MEMORY, STARTUP, draw_bars
from reports.figures.canvas import Drawing, apply_style
from reports.figures.curves import draw_curves
from reports.figures.throughput import draw_throughput
from reports.ranking.comparisons import Comparison

__all__ = ["Drawing", "draw_comparison"]


def draw_comparison(comparison: Comparison, name: str) -> tuple[Drawing, ...]:
    """The figures that the comparison has values for, in the order in which a reader asks."""
    finished = [row for row in comparison.rows if row.finished]
    with apply_style():
        drawings = [
            draw_throughput(comparison.timed, f"{name}-throughput"),
            draw_curves(comparison.rows, name),
            draw_bars(finished, STARTUP, name),
            draw_bars(finished, MEMORY, name),
        ]
    return tuple(drawing for drawing in drawings if drawing)
