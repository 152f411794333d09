"""Layers with hand-written gradients.

Dimensions by letter: N samples, C input and O output channels, H and W a
feature map's height and width, K the side of a kernel, I the inputs of a dense
layer. The einsum subscripts are the same letters, with i and j for a position
in the kernel.
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass
class Parameter:
    """A trainable array, and the gradient that the last backward pass left."""

    value: Array
    gradient: Array

    @classmethod
    def of_shape(cls, *shape: int) -> "Parameter":
        """Zeros: the host's weights are loaded later."""
        return cls(np.zeros(shape), np.zeros(shape))


class Layer(Protocol):
    """A differentiable function; `forward` keeps what `backward` needs."""

    @property
    def parameters(self) -> dict[str, Parameter]:
        """What is trained, `weight` and `bias` or nothing."""
        return {}

    def forward(self, x: Array) -> Array:
        """The layer's output."""

    def backward(self, gradient: Array) -> Array:
        """From the output's gradient, set the parameters' gradients and return the input's."""


class Convolution(Layer):
    """2-D cross-correlation with a square kernel and stride 1."""

    def __init__(self, inputs: int, outputs: int, kernel: int, padding: int = 0) -> None:
        self.weight = Parameter.of_shape(outputs, inputs, kernel, kernel)
        self.bias = Parameter.of_shape(outputs)
        self.kernel = kernel
        self.padding = padding

    @property
    def parameters(self) -> dict[str, Parameter]:
        return {"weight": self.weight, "bias": self.bias}

    def forward(self, x: Array) -> Array:
        margin = (self.padding, self.padding)
        self.padded = np.pad(x, ((0, 0), (0, 0), margin, margin))
        products: Array = np.einsum(
            "nchwij,ocij->nohw", self._windows(), self.weight.value, optimize=True
        )
        return products + self.bias.value[:, None, None]  # (N, O, H, W)

    def backward(self, gradient: Array) -> Array:
        self.bias.gradient = gradient.sum(axis=(0, 2, 3))
        self.weight.gradient = np.einsum(
            "nohw,nchwij->ocij", gradient, self._windows(), optimize=True
        )
        # What each position of the kernel sends back, added up where it read from.
        sent = np.einsum("nohw,ocij->ijnchw", gradient, self.weight.value, optimize=True)
        height, width = gradient.shape[2:]
        total = np.zeros_like(self.padded)
        for i in range(self.kernel):
            for j in range(self.kernel):
                total[:, :, i : i + height, j : j + width] += sent[i, j]
        return self._without_padding(total)

    def _windows(self) -> Array:
        """What the kernel sees at each position, a view of (N, C, H, W, K, K)."""
        return sliding_window_view(self.padded, (self.kernel, self.kernel), axis=(2, 3))

    def _without_padding(self, padded: Array) -> Array:
        height, width = padded.shape[2:]
        margin = self.padding
        return padded[:, :, margin : height - margin, margin : width - margin]


class Dense(Layer):
    """A fully connected layer."""

    def __init__(self, inputs: int, outputs: int) -> None:
        self.weight = Parameter.of_shape(outputs, inputs)
        self.bias = Parameter.of_shape(outputs)

    @property
    def parameters(self) -> dict[str, Parameter]:
        return {"weight": self.weight, "bias": self.bias}

    def forward(self, x: Array) -> Array:
        self.x = x  # (N, I)
        return x @ self.weight.value.T + self.bias.value  # (N, O)

    def backward(self, gradient: Array) -> Array:
        self.bias.gradient = gradient.sum(axis=0)
        self.weight.gradient = gradient.T @ self.x  # (O, I)
        return gradient @ self.weight.value  # (N, I)


class ReLU(Layer):
    """The positive part; its gradient at zero is zero."""

    def forward(self, x: Array) -> Array:
        self.y: Array = np.maximum(x, 0)
        return self.y

    def backward(self, gradient: Array) -> Array:
        return gradient * (self.y > 0)


class Tanh(Layer):
    """The hyperbolic tangent."""

    def forward(self, x: Array) -> Array:
        self.y: Array = np.tanh(x)
        return self.y

    def backward(self, gradient: Array) -> Array:
        return gradient * (1 - self.y**2)


class Flatten(Layer):
    """Feature maps to rows, in the order C, H, W."""

    def forward(self, x: Array) -> Array:
        self.shape = x.shape
        return x.reshape(len(x), -1)

    def backward(self, gradient: Array) -> Array:
        return gradient.reshape(self.shape)
