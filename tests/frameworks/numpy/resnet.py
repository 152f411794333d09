"""ResNet in NumPy."""

import numpy as np

from bench.models.resnet import Block as BlockSpec
from bench.models.resnet import ResNet as Spec

from .convolution import Convolution
from .deviations import NONE, Deviations
from .layers import Array, Chain, Dense, Flatten, Layer, Parameter, ReLU
from .normalization import BatchNormalization
from .pooling import POOLINGS


class ResNet(Chain):
    """Convolutional stem, stages of residual blocks, global average pooling, dense; NCHW."""

    def __init__(self, spec: Spec, deviations: Deviations = NONE) -> None:
        blocks = [block for stage in spec.stages() for block in stage]
        side = blocks[-1].side
        average = POOLINGS[deviations.pooling or "average"]
        super().__init__(
            {
                **_stem(spec, deviations),
                **{block.name: Block(block, deviations) for block in blocks},
                "average": average(side, stride=side),  # (N, features, 1, 1)
                "flatten": Flatten(),  # (N, features)
                "dense": Dense(spec.features, spec.classes),  # (N, classes)
            }
        )


class Block(Layer):
    """Two or three convolutions, each with batch normalization, added to a shortcut."""

    def __init__(self, spec: BlockSpec, deviations: Deviations = NONE) -> None:
        self.main = Chain(_main(spec, deviations))
        self.shortcut = Chain(_shortcut(spec, deviations))
        self.relu = ReLU()

    @property
    def parameters(self) -> dict[str, Parameter]:
        return {**self.main.parameters, **self.shortcut.parameters}

    @property
    def statistics(self) -> dict[str, Array]:
        return {**self.main.statistics, **self.shortcut.statistics}

    @property
    def canonical_statistics(self) -> dict[str, Array]:
        return {**self.main.canonical_statistics, **self.shortcut.canonical_statistics}

    def reset(self) -> None:
        self.main.reset()
        self.shortcut.reset()

    def forward(self, x: Array, training: bool) -> Array:
        y = self.main.forward(x, training) + self.shortcut.forward(x, training)
        return self.relu.forward(y, training)

    def backward(self, gradient: Array) -> Array:
        gradient = self.relu.backward(gradient)
        return self.main.backward(gradient) + self.shortcut.backward(gradient)


class PaddingShortcut(Layer):
    """Every `stride`-th pixel, and channels of zeros behind those that are there."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        self.inputs = inputs
        self.added = outputs - inputs
        self.stride = stride

    def forward(self, x: Array, training: bool) -> Array:
        self.shape = x.shape
        pixels = x[:, :, :: self.stride, :: self.stride]
        return np.pad(pixels, ((0, 0), (0, self.added), (0, 0), (0, 0)))

    def backward(self, gradient: Array) -> Array:
        whole = np.zeros(self.shape)
        whole[:, :, :: self.stride, :: self.stride] = gradient[:, : self.inputs]
        return whole


def _stem(spec: Spec, deviations: Deviations) -> dict[str, Layer]:
    """Of 224x224 to (N, width, 56, 56), of 32x32 to (N, width, 32, 32)."""
    stem, width = spec.stem, spec.widths[0]
    layers: dict[str, Layer] = {
        "conv1": Convolution(
            spec.input_shape[0],
            width,
            stem.kernel,
            stem.stride,
            stem.padding,
            bias=False,
            same=deviations.asymmetric_padding,
        ),
        "bn1": _normalization(width, deviations),
        "relu": ReLU(),
    }
    if stem.pooling:
        layers["pool"] = POOLINGS[deviations.pooling or "max"](3, stride=2, padding=1)
    return layers


def _main(spec: BlockSpec, deviations: Deviations) -> dict[str, Layer]:
    """The block's convolutions, with ReLU in between."""
    layers: dict[str, Layer] = {}
    for number, (inputs, outputs, kernel, stride) in enumerate(spec.layers, start=1):
        if number > 1:
            layers[f"relu{number - 1}"] = ReLU()
        layers[f"conv{number}"] = Convolution(
            inputs,
            outputs,
            kernel,
            stride,
            padding=kernel // 2,
            bias=False,
            same=deviations.asymmetric_padding,
        )
        layers[f"bn{number}"] = _normalization(outputs, deviations)
    return layers


def _shortcut(spec: BlockSpec, deviations: Deviations) -> dict[str, Layer]:
    """Nothing where the block keeps the shape."""
    if spec.shortcut == "projection":
        return {
            "projection": Convolution(spec.inputs, spec.outputs, 1, spec.stride, bias=False),
            "projection_bn": _normalization(spec.outputs, deviations),
        }
    if spec.shortcut == "padding":
        return {"padding": PaddingShortcut(spec.inputs, spec.outputs, spec.stride)}
    return {}


def _normalization(channels: int, deviations: Deviations) -> BatchNormalization:
    return BatchNormalization(
        channels,
        deviations.normalization_epsilon,
        deviations.normalization_decay,
        deviations.unbiased_variance,
    )
