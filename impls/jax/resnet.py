"""ResNet in Flax NNX."""

import jax
import jax.numpy as jnp
from flax import nnx

from bench.models.resnet import Block as BlockSpec
from bench.models.resnet import ResNet as Spec
from bench.spec import NORMALIZATION_DECAY, NORMALIZATION_EPSILON

from .types import Types


class ResNet(nnx.Module):
    """Convolutional stem, stages of residual blocks, global average pooling, dense; NHWC."""

    def __init__(self, spec: Spec, types: Types, rngs: nnx.Rngs) -> None:
        stem, width = spec.stem, spec.widths[0]
        self.conv1 = _convolution(
            spec.input_shape[0], width, stem.kernel, stem.stride, stem.padding, types, rngs
        )
        self.bn1 = _normalization(width, types, rngs)
        self.has_pooling = stem.pooling
        self.stages = nnx.List(
            nnx.List(Block(block, types, rngs) for block in stage) for stage in spec.stages()
        )
        self.dense = nnx.Linear(spec.features, spec.classes, **types, rngs=rngs)

    def __call__(self, images: jax.Array) -> jax.Array:
        x = nnx.relu(self.bn1(self.conv1(images)))
        if self.has_pooling:
            x = nnx.max_pool(x, (3, 3), strides=(2, 2), padding=((1, 1), (1, 1)))
        for stage in self.stages:
            for block in stage:
                x = block(x)  # in the end (N, 8, 8, features) in the CIFAR family
        x = x.mean(axis=(1, 2))  # (N, features)
        return self.dense(x)  # (N, classes)


class Block(nnx.Module):
    """Two or three convolutions, each with batch normalization, added to a shortcut."""

    def __init__(self, spec: BlockSpec, types: Types, rngs: nnx.Rngs) -> None:
        (i1, o1, k1, s1), (i2, o2, k2, s2), *third = spec.layers
        self.conv1 = _convolution(i1, o1, k1, s1, k1 // 2, types, rngs)
        self.bn1 = _normalization(o1, types, rngs)
        self.conv2 = _convolution(i2, o2, k2, s2, k2 // 2, types, rngs)
        self.bn2 = _normalization(o2, types, rngs)
        self.is_bottleneck = bool(third)
        for i3, o3, k3, s3 in third:
            self.conv3 = _convolution(i3, o3, k3, s3, k3 // 2, types, rngs)
            self.bn3 = _normalization(o3, types, rngs)
        self.shortcut = spec.shortcut
        self.stride = spec.stride
        if spec.shortcut == "projection":
            self.projection = _convolution(
                spec.inputs, spec.outputs, 1, spec.stride, 0, types, rngs
            )
            self.projection_bn = _normalization(spec.outputs, types, rngs)

    def __call__(self, x: jax.Array) -> jax.Array:
        y = self.bn2(self.conv2(nnx.relu(self.bn1(self.conv1(x)))))
        if self.is_bottleneck:
            y = self.bn3(self.conv3(nnx.relu(y)))
        return nnx.relu(y + self._shortcut(x))

    def _shortcut(self, x: jax.Array) -> jax.Array:
        if self.shortcut == "projection":
            return self.projection_bn(self.projection(x))
        if self.shortcut == "padding":
            # Every second pixel; as many channels of zeros behind those that are there.
            x = x[:, :: self.stride, :: self.stride, :]
            return jnp.concatenate([x, jnp.zeros_like(x)], axis=-1)
        return x


def _convolution(
    inputs: int, outputs: int, kernel: int, stride: int, padding: int, types: Types, rngs: nnx.Rngs
) -> nnx.Conv:
    # A number pads both sides alike; Flax's default, SAME, pads more behind with a stride.
    return nnx.Conv(
        inputs,
        outputs,
        (kernel, kernel),
        strides=stride,
        padding=padding,
        use_bias=False,
        **types,
        rngs=rngs,
    )


def _normalization(channels: int, types: Types, rngs: nnx.Rngs) -> nnx.BatchNorm:
    # Flax's momentum is the weight of the past; its variance has the divisor n.
    return nnx.BatchNorm(
        channels,
        momentum=NORMALIZATION_DECAY,
        epsilon=NORMALIZATION_EPSILON,
        **types,
        rngs=rngs,
    )
