"""LeNet-5 in MXNet Gluon."""

from typing import Any

from mxnet.gluon import HybridBlock, nn
from mxnet.ndarray import NDArray

from bench.models.lenet import KERNEL
from bench.models.lenet import LeNet as Spec

POOLINGS = {"max": nn.MaxPool2D, "average": nn.AvgPool2D}


class LeNet(HybridBlock):
    """Two convolutions with pooling, then three dense layers; NCHW."""

    def __init__(self, spec: Spec) -> None:
        super().__init__()
        inputs, (first, second) = spec.input_shape[0], spec.channels
        channels, height, width = spec.feature_map
        activation = spec.activation
        self.conv1 = nn.Conv2D(
            first, KERNEL, padding=spec.padding, in_channels=inputs, activation=activation
        )
        self.conv2 = nn.Conv2D(second, KERNEL, in_channels=first, activation=activation)
        self.pool = POOLINGS[spec.pooling](pool_size=2, strides=2)
        self.flatten = nn.Flatten()
        self.dense1 = nn.Dense(
            spec.units[0], in_units=channels * height * width, activation=activation
        )
        self.dense2 = nn.Dense(spec.units[1], in_units=spec.units[0], activation=activation)
        self.dense3 = nn.Dense(spec.classes, in_units=spec.units[1])

    def hybrid_forward(self, F: Any, images: NDArray) -> NDArray:  # noqa: N803 (Gluon's own name)
        x = self.pool(self.conv1(images))  # (N, 6, 14, 14)
        x = self.pool(self.conv2(x))  # (N, 16, 5, 5)
        x = self.flatten(x)  # (N, 400) in the order C, H, W
        x = self.dense1(x)  # (N, 120)
        x = self.dense2(x)  # (N, 84)
        return self.dense3(x)  # (N, classes)
