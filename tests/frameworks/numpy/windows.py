"""Square windows that slide over feature maps, for convolution and pooling."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from .layers import Array

Margin = tuple[int, int]
"""How much is added in front and behind."""


def padded(x: Array, rows: Margin, columns: Margin, value: float = 0.0) -> Array:
    """Feature maps (N, C, H, W) with a margin of one value around."""
    if (rows, columns) == ((0, 0), (0, 0)):
        return x
    return np.pad(x, ((0, 0), (0, 0), rows, columns), constant_values=value)


def without_padding(x: Array, rows: Margin, columns: Margin) -> Array:
    """The inverse of `padded`, a view."""
    height, width = x.shape[2:]
    return x[:, :, rows[0] : height - rows[1], columns[0] : width - columns[1]]


def windows(x: Array, kernel: int, stride: int) -> Array:
    """What a window sees at each of its positions, a view of (N, C, rows, columns, K, K)."""
    views: Array = sliding_window_view(x, (kernel, kernel), axis=(2, 3))
    return views[:, :, ::stride, ::stride]


def seen_from(x: Array, i: int, j: int, stride: int, rows: int, columns: int) -> Array:
    """What element (i, j) of the window sees at all positions, a view of (N, C, rows, columns)."""
    return x[:, :, i : i + stride * rows : stride, j : j + stride * columns : stride]
