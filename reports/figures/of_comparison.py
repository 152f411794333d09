"""The figures of one comparison, in the order in which a reader asks."""

from reports.figures.bars import MEMORY, STARTUP, bars
from reports.figures.canvas import Drawing, style
from reports.figures.curves import curves
from reports.figures.throughput import throughput
from reports.ranking.comparisons import Comparison


def drawings(comparison: Comparison, name: str) -> tuple[Drawing, ...]:
    """The figures that the comparison has values for.

    Args:
        name: unique on the page.
    """
    finished = [row for row in comparison.rows if row.finished]
    with style():
        found = [
            throughput(comparison.timed, f"{name}-throughput"),
            curves(comparison.rows, name),
            bars(finished, STARTUP, name),
            bars(finished, MEMORY, name),
        ]
    return tuple(drawing for drawing in found if drawing)
