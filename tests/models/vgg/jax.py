"""VGG in Flax NNX."""

import jax
from bench.models.vgg import KERNEL, PADDING, POOL
from bench.models.vgg import VGG as Spec  # noqa: N811 (a class)
from flax import nnx

from impls.jax.types import Types


class VGG(nnx.Module):
    """Blocks of 3x3 convolutions with max pooling, then two dense layers; NHWC."""

    def __init__(self, spec: Spec, types: Types, rngs: nnx.Rngs) -> None:
        self.blocks = tuple(len(widths) for widths in spec.blocks)
        kernel = (KERNEL, KERNEL)
        for name, inputs, outputs in spec.convolutions:
            layer = nnx.Conv(inputs, outputs, kernel, padding=PADDING, **types, rngs=rngs)
            setattr(self, name, layer)
        channels, height, width = spec.feature_map
        self.dense1 = nnx.Linear(channels * height * width, spec.units, **types, rngs=rngs)
        self.dropout = nnx.Dropout(spec.dropout, rngs=rngs)
        self.dense2 = nnx.Linear(spec.units, spec.classes, **types, rngs=rngs)

    def __call__(self, x: jax.Array) -> jax.Array:
        for block, count in enumerate(self.blocks, start=1):
            for number in range(1, count + 1):
                x = nnx.relu(getattr(self, f"conv{block}_{number}")(x))
            # In the end (N, 4, 4, 64).
            x = nnx.max_pool(x, window_shape=(POOL, POOL), strides=(POOL, POOL))
        x = x.reshape(len(x), -1)  # (N, 1024) in the order H, W, C
        x = self.dropout(nnx.relu(self.dense1(x)))  # (N, 128)
        return self.dense2(x)  # (N, classes)
