"""ResNet in MXNet Gluon."""

from collections.abc import Iterable
from typing import Any

from mxnet.gluon import HybridBlock, nn
from mxnet.ndarray import NDArray

from bench.models.resnet import Block as BlockSpec
from bench.models.resnet import ResNet as Spec
from bench.spec import NORMALIZATION_DECAY, NORMALIZATION_EPSILON


class ResNet(HybridBlock):
    """Convolutional stem, stages of residual blocks, global average pooling, dense; NCHW."""

    def __init__(self, spec: Spec) -> None:
        super().__init__()
        stem, width = spec.stem, spec.widths[0]
        self.conv1 = _convolution(
            spec.input_shape[0], width, stem.kernel, stem.stride, stem.padding
        )
        self.bn1 = _normalization(width)
        self.relu = nn.Activation("relu")
        # None and not an identity: MXNet's copies.
        self.pool = nn.MaxPool2D(3, strides=2, padding=1) if stem.pooling else None
        self.stages = _sequence(
            _sequence(Block(block) for block in stage) for stage in spec.stages()
        )
        self.dense = nn.Dense(spec.classes, in_units=spec.features)

    def hybrid_forward(self, F: Any, images: NDArray) -> NDArray:  # noqa: N803 (Gluon's own name)
        x = self.relu(self.bn1(self.conv1(images)))
        x = x if self.pool is None else self.pool(x)
        x = self.stages(x)  # (N, features, 8, 8) in the CIFAR family
        # Not GlobalAvgPool2D: with oneDNN 2.4, its gradient and those of the batch normalization
        # before it run as unoptimised loops (docs/findings.md).
        x = F.mean(x, axis=(2, 3))  # (N, features)
        return self.dense(x)  # (N, classes)


class Block(HybridBlock):
    """Two or three convolutions, each with batch normalization, added to a shortcut."""

    def __init__(self, spec: BlockSpec) -> None:
        super().__init__()
        (i1, o1, k1, s1), (i2, o2, k2, s2), *third = spec.layers
        self.conv1 = _convolution(i1, o1, k1, s1, padding=k1 // 2)
        self.bn1 = _normalization(o1)
        self.conv2 = _convolution(i2, o2, k2, s2, padding=k2 // 2)
        self.bn2 = _normalization(o2)
        self.is_bottleneck = bool(third)
        for i3, o3, k3, s3 in third:
            self.conv3 = _convolution(i3, o3, k3, s3, padding=k3 // 2)
            self.bn3 = _normalization(o3)
        self.relu = nn.Activation("relu")
        self.shortcut = spec.shortcut
        self.stride = spec.stride
        if spec.shortcut == "projection":
            self.projection = _convolution(spec.inputs, spec.outputs, 1, spec.stride)
            self.projection_bn = _normalization(spec.outputs)

    def hybrid_forward(self, F: Any, x: NDArray) -> NDArray:  # noqa: N803 (Gluon's own name)
        y = self.bn2(self.conv2(self.relu(self.bn1(self.conv1(x)))))
        if self.is_bottleneck:
            y = self.bn3(self.conv3(self.relu(y)))
        return self.relu(y + self._shortcut(F, x))

    def _shortcut(self, F: Any, x: NDArray) -> NDArray:  # noqa: N803 (Gluon's own name)
        if self.shortcut == "projection":
            return self.projection_bn(self.projection(x))
        if self.shortcut == "padding":
            # Every second pixel; as many channels of zeros behind those that are there.
            whole, step = (None,) * 4, (None, None, self.stride, self.stride)
            x = F.slice(x, begin=whole, end=whole, step=step)
            return F.concat(x, F.zeros_like(x), dim=1)
        return x


def _sequence(blocks: Iterable[HybridBlock]) -> nn.HybridSequential:
    sequence = nn.HybridSequential()
    sequence.add(*blocks)
    return sequence


def _convolution(
    inputs: int, outputs: int, kernel: int, stride: int, padding: int = 0
) -> nn.Conv2D:
    return nn.Conv2D(outputs, kernel, stride, padding, in_channels=inputs, use_bias=False)


def _normalization(channels: int) -> nn.BatchNorm:
    # MXNet's momentum is the weight of the past.
    return nn.BatchNorm(
        momentum=NORMALIZATION_DECAY, epsilon=NORMALIZATION_EPSILON, in_channels=channels
    )
