"""LeNet-5 in Flax NNX."""

import jax
from flax import nnx

from bench.models.lenet import KERNEL
from bench.models.lenet import LeNet as Spec

from .types import Types

ACTIVATIONS = {"relu": nnx.relu, "tanh": nnx.tanh}
POOLINGS = {"max": nnx.max_pool, "average": nnx.avg_pool}


class LeNet(nnx.Module):
    """Two convolutions with pooling, then three dense layers; NHWC."""

    def __init__(self, spec: Spec, types: Types, rngs: nnx.Rngs) -> None:
        inputs, (first, second) = spec.input_shape[0], spec.channels
        channels, height, width = spec.feature_map
        kernel, units = (KERNEL, KERNEL), spec.units
        self.activation = ACTIVATIONS[spec.activation]
        self.pooling = POOLINGS[spec.pooling]
        self.conv1 = nnx.Conv(inputs, first, kernel, padding=spec.padding, **types, rngs=rngs)
        self.conv2 = nnx.Conv(first, second, kernel, padding=0, **types, rngs=rngs)
        self.dense1 = nnx.Linear(channels * height * width, units[0], **types, rngs=rngs)
        self.dense2 = nnx.Linear(units[0], units[1], **types, rngs=rngs)
        self.dense3 = nnx.Linear(units[1], spec.classes, **types, rngs=rngs)

    def __call__(self, images: jax.Array) -> jax.Array:
        x = self._pool(self.activation(self.conv1(images)))  # (N, 14, 14, 6)
        x = self._pool(self.activation(self.conv2(x)))  # (N, 5, 5, 16)
        x = x.reshape(len(x), -1)  # (N, 400) in the order H, W, C
        x = self.activation(self.dense1(x))  # (N, 120)
        x = self.activation(self.dense2(x))  # (N, 84)
        return self.dense3(x)  # (N, classes)

    def _pool(self, x: jax.Array) -> jax.Array:
        return self.pooling(x, window_shape=(2, 2), strides=(2, 2))
