"""Pooling over 2x2 windows at stride 2, of feature maps with even sides."""

import numpy as np

from .layers import Array, Layer

POOL = 2


class MaxPooling(Layer):
    """The maximum of each window.

    Of equal maxima, the first in row-major order gets the gradient, as in every
    framework here. Flat parts of an image make such ties common.
    """

    def forward(self, x: Array) -> Array:
        windows = _tiles(x)  # (N, C, H / 2, W / 2, 4)
        self.chosen = windows.argmax(axis=-1, keepdims=True)
        return np.take_along_axis(windows, self.chosen, axis=-1)[..., 0]

    def backward(self, gradient: Array) -> Array:
        windows = np.zeros((*gradient.shape, POOL**2))  # (N, C, H / 2, W / 2, 4)
        np.put_along_axis(windows, self.chosen, gradient[..., None], axis=-1)
        return _untiled(windows)


class AveragePooling(Layer):
    """The mean of each window."""

    def forward(self, x: Array) -> Array:
        means: Array = _tiles(x).mean(axis=-1)
        return means

    def backward(self, gradient: Array) -> Array:
        share = gradient[..., None] / POOL**2
        return _untiled(np.broadcast_to(share, (*gradient.shape, POOL**2)))


def _tiles(x: Array) -> Array:
    """Feature maps cut into windows, each in row-major order: (N, C, H / 2, W / 2, 4)."""
    samples, channels, height, width = x.shape
    rows, columns = height // POOL, width // POOL
    tiles = x.reshape(samples, channels, rows, POOL, columns, POOL).swapaxes(3, 4)
    return tiles.reshape(samples, channels, rows, columns, POOL**2)


def _untiled(tiles: Array) -> Array:
    """The inverse of `_tiles`."""
    samples, channels, rows, columns, _ = tiles.shape
    x = tiles.reshape(samples, channels, rows, columns, POOL, POOL).swapaxes(3, 4)
    return x.reshape(samples, channels, rows * POOL, columns * POOL)
