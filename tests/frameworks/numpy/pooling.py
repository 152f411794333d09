"""Pooling over square windows."""

import numpy as np

from .layers import Array, Layer
from .windows import padded, seen_from, windows, without_padding


class Pooling(Layer):
    """A value of each window, which may overlap others or leave a remainder out."""

    outside = 0.0
    """What is around the map."""

    def __init__(self, kernel: int, stride: int, padding: int = 0) -> None:
        self.kernel = kernel
        self.stride = stride
        self.margins = (padding, padding), (padding, padding)

    def forward(self, x: Array, training: bool) -> Array:
        whole = padded(x, *self.margins, self.outside)
        self.shape = whole.shape
        seen = windows(whole, self.kernel, self.stride)
        return self._pooled(seen.reshape(*seen.shape[:4], -1))

    def backward(self, gradient: Array) -> Array:
        total = np.zeros(self.shape)
        for index in range(self.kernel**2):
            i, j = divmod(index, self.kernel)
            place = seen_from(total, i, j, self.stride, *gradient.shape[2:])
            place += self._share(index, gradient)
        return without_padding(total, *self.margins)

    def _pooled(self, seen: Array) -> Array:
        """(N, C, rows, columns) of windows (N, C, rows, columns, K * K)."""
        raise NotImplementedError

    def _share(self, index: int, gradient: Array) -> Array:
        """The part of the gradient that goes to an element of each window."""
        raise NotImplementedError


class MaxPooling(Pooling):
    """The maximum of each window.

    Of equal maxima, the first in row-major order gets the gradient, as in every
    framework here. Flat parts of an image make such ties common.
    """

    outside = -np.inf

    def _pooled(self, seen: Array) -> Array:
        self.chosen = seen.argmax(axis=-1)
        largest: Array = np.take_along_axis(seen, self.chosen[..., None], axis=-1)[..., 0]
        return largest

    def _share(self, index: int, gradient: Array) -> Array:
        taken: Array = gradient * (self.chosen == index)
        return taken


class AveragePooling(Pooling):
    """The mean of each window, with what is around the map as zeros."""

    def _pooled(self, seen: Array) -> Array:
        means: Array = seen.mean(axis=-1)
        return means

    def _share(self, index: int, gradient: Array) -> Array:
        return gradient / self.kernel**2


POOLINGS: dict[str, type[Pooling]] = {"max": MaxPooling, "average": AveragePooling}
