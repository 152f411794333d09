"""ResNet (He, Zhang, Ren, Sun 2015): the CIFAR family of section 4.2, the ImageNet one of 4.1."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import ClassVar, Literal

from bench.layers import convolution_layer, dense_layer
from bench.models.model import Model, take_image
from bench.spec import (
    Layer,
    Param,
    Samples,
    convolution,
    dense,
    normalization,
    running_statistics,
)

# ImageNet family, table 1: the kind of block and the blocks of each stage.
STAGES: dict[int, tuple[Literal["basic", "bottleneck"], tuple[int, ...]]] = {
    18: ("basic", (2, 2, 2, 2)),
    34: ("basic", (3, 4, 6, 3)),
    50: ("bottleneck", (3, 4, 6, 3)),
}
IMAGENET_WIDTHS = (64, 128, 256, 512)
CIFAR_WIDTHS = (16, 32, 64)
EXPANSION = {"basic": 1, "bottleneck": 4}


@dataclass(frozen=True)
class Stem:
    """What comes before the first block: a convolution, and 3x3 max pooling at stride 2 or not."""

    kernel: int
    stride: int
    padding: int
    pooling: bool


STEMS = {32: Stem(3, 1, 1, pooling=False), 224: Stem(7, 2, 3, pooling=True)}


@dataclass(frozen=True)
class Block:
    """A residual block.

    Attributes:
        name: canonical path, `stages.<stage>.<index>`, both counted from 0.
        inputs: channels that come in.
        width: channels of the 3x3 convolutions.
        outputs: channels that go out.
        stride: of the first 3x3 convolution, also in a bottleneck (version 1.5: the paper has
            it in the 1x1 convolution before).
        side: of the feature map that goes out.
        shortcut: `identity`, `projection` (1x1 convolution and normalization, option B of
            the paper), or `padding` (every `stride`-th pixel, zeros as the new channels, option A).
    """

    name: str
    kind: Literal["basic", "bottleneck"]
    inputs: int
    width: int
    outputs: int
    stride: int
    side: int
    shortcut: Literal["identity", "projection", "padding"]

    @property
    def layers(self) -> tuple[tuple[int, int, int, int], ...]:
        """(inputs, outputs, side of the kernel, stride) of conv1, conv2 and perhaps conv3."""
        if self.kind == "basic":
            return (
                (self.inputs, self.width, 3, self.stride),
                (self.width, self.outputs, 3, 1),
            )
        return (
            (self.inputs, self.width, 1, 1),
            (self.width, self.width, 3, self.stride),
            (self.width, self.outputs, 1, 1),
        )


@dataclass(frozen=True)
class ResNet:
    """Convolutional stem, stages of residual blocks, global average pooling, a dense layer.

    Every convolution is without bias and followed by batch normalization.

    Attributes:
        input_shape: (channels, height, width), of 32x32 (stem 3x3) or 224x224 (stem 7x7).
        block: two 3x3 convolutions, or 1x1, 3x3, 1x1.
        blocks: of each stage.
        widths: channels of the 3x3 convolutions of each stage.
        shortcut: where a block changes the shape.
    """

    family: ClassVar[str] = "resnet"

    input_shape: tuple[int, int, int]
    classes: int
    block: Literal["basic", "bottleneck"]
    blocks: tuple[int, ...]
    widths: tuple[int, ...]
    shortcut: Literal["projection", "padding"]

    @classmethod
    def of_depth(cls, depth: int, samples: Samples, divisor: int = 1) -> "ResNet":
        """The ImageNet family where `depth` is in table 1, else the CIFAR family 6n + 2."""
        is_imagenet = depth in STAGES
        block, blocks = STAGES.get(depth, ("basic", ((depth - 2) // 6,) * 3))
        widths = IMAGENET_WIDTHS if is_imagenet else CIFAR_WIDTHS
        return cls(
            take_image(f"ResNet-{depth}", samples, STEMS if is_imagenet else (32,)),
            samples.classes,
            block,
            blocks,
            tuple(width // divisor for width in widths),
            "projection" if is_imagenet else "padding",
        )

    @property
    def stem(self) -> Stem:
        """By the size of the image."""
        return STEMS[self.input_shape[1]]

    @property
    def features(self) -> int:
        """Channels that the dense layer sees."""
        return self.widths[-1] * EXPANSION[self.block]

    def stages(self) -> tuple[tuple[Block, ...], ...]:
        """The blocks of each stage; the first of every stage but the first has stride 2."""
        stages = []
        side = _after_stem(self.stem, self.input_shape[1])
        inputs = self.widths[0]
        for number, (count, width) in enumerate(zip(self.blocks, self.widths, strict=True)):
            stage = []
            outputs = width * EXPANSION[self.block]
            for index in range(count):
                stride = 2 if index == 0 and number > 0 else 1
                side = (side - 1) // stride + 1
                changes = stride != 1 or inputs != outputs
                stage.append(
                    Block(
                        f"stages.{number}.{index}",
                        self.block,
                        inputs,
                        width,
                        outputs,
                        stride,
                        side,
                        self.shortcut if changes else "identity",
                    )
                )
                inputs = outputs
            stages.append(tuple(stage))
        return tuple(stages)

    def parameters(self) -> tuple[Param, ...]:
        """The trainable parameters in layer order."""
        params: list[Param] = []
        for name, bn, inputs, outputs, kernel, _ in self._convolutions():
            params += convolution(name, inputs, outputs, kernel, "he normal", bias=False)
            params += normalization(bn, outputs)
        return (*params, *dense("dense", self.features, self.classes))

    def statistics(self) -> tuple[Param, ...]:
        """Running mean and variance of every batch normalization, in layer order."""
        params: list[Param] = []
        for _, bn, _, outputs, _, side in self._convolutions():
            params += running_statistics(bn, outputs, side**2)
        return tuple(params)

    def forward_layers(self) -> tuple[Layer, ...]:
        """Convolutions, each with its normalization, pooling, the dense layer.

        The maps of both are kept: the gradient of a normalization needs what it normalized. What is
        done to a shortcut besides its convolution is elementwise: done where the sum is.
        """
        kernels = {param.name: param for param in self.parameters()}
        layers: list[Layer] = []
        for name, bn, _, outputs, _, side in self._convolutions():
            is_first = name == "conv1"
            layer = convolution_layer(kernels[f"{name}.weight"], side, input_gradient=not is_first)
            layers.append(layer)
            if not name.endswith(".projection"):
                layers.append(Layer(bn, layer.outputs))
            if is_first and self.stem.pooling:
                pooled = _after_stem(self.stem, self.input_shape[1])
                layers.append(Layer("pool", outputs * pooled**2))
        return (*layers, Layer("average", self.features), dense_layer(kernels["dense.weight"]))

    def _convolutions(self) -> Iterator[tuple[str, str, int, int, int, int]]:
        """Yield name, normalization's name, inputs, outputs, kernel, side of the map it gives."""
        image, stem = self.input_shape, self.stem
        yield "conv1", "bn1", image[0], self.widths[0], stem.kernel, _convolved(stem, image[1])
        for block in chain.from_iterable(self.stages()):
            name, side = block.name, block.side * block.stride
            for index, (inputs, outputs, kernel, stride) in enumerate(block.layers, start=1):
                # Only the strided 3x3 one makes a smaller map, in a bottleneck the second.
                side //= stride
                yield f"{name}.conv{index}", f"{name}.bn{index}", inputs, outputs, kernel, side
            if block.shortcut == "projection":
                sizes = block.inputs, block.outputs, 1, block.side
                yield f"{name}.projection", f"{name}.projection_bn", *sizes


def _convolved(stem: Stem, side: int) -> int:
    """Side of the feature map after the stem's convolution."""
    return (side + 2 * stem.padding - stem.kernel) // stem.stride + 1


def _after_stem(stem: Stem, side: int) -> int:
    side = _convolved(stem, side)
    return (side + 2 - 3) // 2 + 1 if stem.pooling else side


def _of_depth(depth: int, summary: str, verified_on: str = "") -> Model:
    build = partial(ResNet.of_depth, depth)
    name, title = f"resnet{depth}", f"ResNet-{depth}"
    return Model(name, ResNet.family, title, summary, build, verified_on=verified_on)


MODELS = (
    _of_depth(20, "ResNet-20 for small images: 3 stages of 3 basic blocks", "cifar10"),
    _of_depth(32, "ResNet-32 for small images: 3 stages of 5 basic blocks"),
    _of_depth(56, "ResNet-56 for small images: 3 stages of 9 basic blocks"),
    Model(
        "resnet20-half",
        ResNet.family,
        "ResNet-20 (half the width)",
        "ResNet-20, every layer half as wide",
        partial(ResNet.of_depth, 20, divisor=2),
    ),
    _of_depth(18, "ResNet-18: 4 stages of 2 basic blocks, for 224x224 or 32x32"),
    _of_depth(34, "ResNet-34: 4 stages of basic blocks, for 224x224 or 32x32"),
    _of_depth(50, "ResNet-50 v1.5: 4 stages of bottleneck blocks, for 224x224 or 32x32"),
)
