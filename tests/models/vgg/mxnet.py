"""VGG in MXNet Gluon."""

from typing import Any

from bench.models.vgg import KERNEL, PADDING, POOL
from bench.models.vgg import VGG as Spec  # noqa: N811 (a class)
from mxnet.gluon import HybridBlock, nn
from mxnet.ndarray import NDArray


class VGG(HybridBlock):
    """Blocks of 3x3 convolutions with max pooling, then two dense layers; NCHW."""

    def __init__(self, spec: Spec) -> None:
        super().__init__()
        self.blocks = [len(widths) for widths in spec.blocks]
        for name, inputs, outputs in spec.convolutions:
            layer = nn.Conv2D(
                outputs, KERNEL, padding=PADDING, in_channels=inputs, activation="relu"
            )
            setattr(self, name, layer)
        channels, height, width = spec.feature_map
        self.pool = nn.MaxPool2D(POOL)
        self.flatten = nn.Flatten()
        self.dense1 = nn.Dense(spec.units, in_units=channels * height * width, activation="relu")
        self.dropout = nn.Dropout(spec.dropout)
        self.dense2 = nn.Dense(spec.classes, in_units=spec.units)

    def hybrid_forward(self, F: Any, x: NDArray) -> NDArray:  # noqa: N803 (Gluon's own name)
        for block, count in enumerate(self.blocks, start=1):
            for number in range(1, count + 1):
                x = getattr(self, f"conv{block}_{number}")(x)
            x = self.pool(x)  # in the end (N, 64, 4, 4)
        x = self.flatten(x)  # (N, 1024) in the order C, H, W
        x = self.dropout(self.dense1(x))  # (N, 128)
        return self.dense2(x)  # (N, classes)
