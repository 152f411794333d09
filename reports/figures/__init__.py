"""The figures of a page: Matplotlib and seaborn, as SVG elements in the page's own colors."""

from reports.figures.canvas import Drawing
from reports.figures.of_comparison import draw_comparison

__all__ = ["Drawing", "draw_comparison"]
