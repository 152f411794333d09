"""What a layer is, and the small ones, with hand-written gradients.

Dimensions by letter: N samples, C input and O output channels, H and W a
feature map's height and width, K the side of a kernel, I the inputs of a dense
layer, T the steps of a sequence, F its features and U the units of an LSTM.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
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


class Layer:
    """A differentiable function; `forward` keeps what `backward` needs."""

    @property
    def parameters(self) -> dict[str, Parameter]:
        """What is trained, by name within the layer."""
        return {}

    @property
    def statistics(self) -> dict[str, Array]:
        """What training gathers for evaluation, by name within the layer."""
        return {}

    @property
    def canonical_statistics(self) -> dict[str, Array]:
        """The statistics by the canonical rule, where the layer keeps them by another."""
        return self.statistics

    def forward(self, x: Array, training: bool) -> Array:
        """The layer's output."""
        raise NotImplementedError

    def backward(self, gradient: Array) -> Array:
        """From the output's gradient, set the parameters' gradients and return the input's.

        Follows a `forward` in training mode.
        """
        raise NotImplementedError

    def reset(self) -> None:
        """Forget what the host does not load."""


class Chain(Layer):
    """Named layers, one after the other; their arrays are `<layer>.<name>`."""

    def __init__(self, layers: Mapping[str, Layer]) -> None:
        self.layers = dict(layers)

    @property
    def parameters(self) -> dict[str, Parameter]:
        return {
            f"{layer_name}.{name}": parameter
            for layer_name, layer in self.layers.items()
            for name, parameter in layer.parameters.items()
        }

    @property
    def statistics(self) -> dict[str, Array]:
        return {
            f"{layer_name}.{name}": statistic
            for layer_name, layer in self.layers.items()
            for name, statistic in layer.statistics.items()
        }

    @property
    def canonical_statistics(self) -> dict[str, Array]:
        return {
            f"{layer_name}.{name}": statistic
            for layer_name, layer in self.layers.items()
            for name, statistic in layer.canonical_statistics.items()
        }

    def forward(self, x: Array, training: bool) -> Array:
        for layer in self.layers.values():
            x = layer.forward(x, training)
        return x

    def backward(self, gradient: Array) -> Array:
        for layer in reversed(self.layers.values()):
            gradient = layer.backward(gradient)
        return gradient

    def reset(self) -> None:
        for layer in self.layers.values():
            layer.reset()


class Dense(Layer):
    """A fully connected layer."""

    def __init__(self, inputs: int, outputs: int) -> None:
        self.weight = Parameter.of_shape(outputs, inputs)
        self.bias = Parameter.of_shape(outputs)

    @property
    def parameters(self) -> dict[str, Parameter]:
        return {"weight": self.weight, "bias": self.bias}

    def forward(self, x: Array, training: bool) -> Array:
        self.x = x  # (N, I)
        return x @ self.weight.value.T + self.bias.value  # (N, O)

    def backward(self, gradient: Array) -> Array:
        self.bias.gradient = gradient.sum(axis=0)
        self.weight.gradient = gradient.T @ self.x  # (O, I)
        return gradient @ self.weight.value  # (N, I)


class ReLU(Layer):
    """The positive part; its gradient at zero is zero."""

    def forward(self, x: Array, training: bool) -> Array:
        self.y: Array = np.maximum(x, 0)
        return self.y

    def backward(self, gradient: Array) -> Array:
        return gradient * (self.y > 0)


class Tanh(Layer):
    """The hyperbolic tangent."""

    def forward(self, x: Array, training: bool) -> Array:
        self.y: Array = np.tanh(x)
        return self.y

    def backward(self, gradient: Array) -> Array:
        return gradient * (1 - self.y**2)


class Flatten(Layer):
    """Feature maps to rows, in the order C, H, W, or H, W, C where `order` says so."""

    def __init__(self, order: str = "CHW") -> None:
        self.axes = (0, *("NCHW".index(letter) for letter in order))

    def forward(self, x: Array, training: bool) -> Array:
        ordered = x.transpose(self.axes)
        self.shape = ordered.shape
        return ordered.reshape(len(x), -1)  # (N, C * H * W)

    def backward(self, gradient: Array) -> Array:
        return gradient.reshape(self.shape).transpose(np.argsort(self.axes))


class Dropout(Layer):
    """In training, zeroes a share of the values and scales the others up (inverted dropout)."""

    def __init__(self, rate: float, random: np.random.Generator) -> None:
        self.rate = rate
        self.random = random

    def forward(self, x: Array, training: bool) -> Array:
        if not training or self.rate == 0:
            self.factors: Array = np.ones(())
            return x
        kept = self.random.random(x.shape) >= self.rate
        self.factors = kept / (1 - self.rate)
        return x * self.factors

    def backward(self, gradient: Array) -> Array:
        return gradient * self.factors
