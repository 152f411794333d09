"""AlexNet in Flax NNX."""

import jax
from flax import nnx
from jax import lax

from bench.models.alexnet import POOL, POOL_STRIDE, ResponseNormalization
from bench.models.alexnet import AlexNet as Spec

from .types import Types


class AlexNet(nnx.Module):
    """Five convolutions, three of them with pooling, then three dense layers; NHWC."""

    def __init__(self, spec: Spec, types: Types, rngs: nnx.Rngs) -> None:
        def convolution(inputs: int, outputs: int, kernel: int, **how: int) -> nnx.Conv:
            return nnx.Conv(inputs, outputs, (kernel, kernel), **how, **types, rngs=rngs)

        stem, second, later, *_ = spec.convolutions
        c1, c2, c3, c4, c5 = spec.channels
        self.conv1 = convolution(
            spec.input_shape[0], c1, stem.kernel, strides=stem.stride, padding=stem.padding
        )
        self.conv2 = convolution(c1, c2, second.kernel, padding=second.padding)
        self.conv3 = convolution(c2, c3, later.kernel, padding=later.padding)
        self.conv4 = convolution(c3, c4, later.kernel, padding=later.padding)
        self.conv5 = convolution(c4, c5, later.kernel, padding=later.padding)
        self.normalization = spec.normalization
        self.dropout = nnx.Dropout(spec.dropout, rngs=rngs)
        channels, height, width = spec.feature_map
        units1, units2 = spec.units
        self.dense1 = nnx.Linear(channels * height * width, units1, **types, rngs=rngs)
        self.dense2 = nnx.Linear(units1, units2, **types, rngs=rngs)
        self.dense3 = nnx.Linear(units2, spec.classes, **types, rngs=rngs)

    def __call__(self, images: jax.Array) -> jax.Array:
        x = _pool(self._normalize(nnx.relu(self.conv1(images))))  # (N, 27, 27, 64)
        x = _pool(self._normalize(nnx.relu(self.conv2(x))))  # (N, 13, 13, 192)
        x = nnx.relu(self.conv3(x))  # (N, 13, 13, 384)
        x = nnx.relu(self.conv4(x))  # (N, 13, 13, 256)
        x = _pool(nnx.relu(self.conv5(x)))  # (N, 6, 6, 256)
        x = x.reshape(len(x), -1)  # (N, 9216) in the order H, W, C
        x = self.dropout(nnx.relu(self.dense1(x)))  # (N, 4096)
        x = self.dropout(nnx.relu(self.dense2(x)))  # (N, 4096)
        return self.dense3(x)  # (N, classes)

    def _normalize(self, x: jax.Array) -> jax.Array:
        return x if self.normalization is None else response_normalization(x, self.normalization)


def _pool(x: jax.Array) -> jax.Array:
    return nnx.max_pool(x, window_shape=(POOL, POOL), strides=(POOL_STRIDE, POOL_STRIDE))


def response_normalization(x: jax.Array, rule: ResponseNormalization) -> jax.Array:
    """Divides by a power of the squares of neighbouring channels, over the last axis of NHWC.

    Neither JAX nor Flax has it (Krizhevsky et al. 2012, section 3.3): a sum over a window.
    """
    half = rule.size // 2
    squares = lax.reduce_window(
        lax.square(x),
        init_value=0.0,
        computation=lax.add,
        window_dimensions=(1, 1, 1, rule.size),
        window_strides=(1, 1, 1, 1),
        padding=((0, 0), (0, 0), (0, 0), (half, rule.size - 1 - half)),
    )
    return x / (rule.k + rule.alpha * squares) ** rule.beta
