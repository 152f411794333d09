"""VGG (Simonyan and Zisserman 2014) for small images: what a model from outside looks like."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from bench.layers import convolution_layer, dense_layer
from bench.models import Model
from bench.spec import Layer, Param, Samples, convolution, dense

KERNEL, PADDING = 3, 1  # every convolution keeps the size of its map
POOL = 2


@dataclass(frozen=True)
class VGG:
    """Blocks of 3x3 convolutions, each with max pooling behind, then two dense layers.

    Attributes:
        input_shape: (channels, height, width) of one image.
        blocks: the channels of the convolutions of each block.
        units: of the hidden dense layer.
        dropout: the share of its units that is zeroed in training.
    """

    family: ClassVar[str] = "vgg"

    input_shape: tuple[int, int, int]
    classes: int
    blocks: tuple[tuple[int, ...], ...]
    units: int = 128
    dropout: float = 0.5

    @classmethod
    def small(cls, samples: Samples) -> "VGG":
        """Six convolutions, of 16 to 64 channels."""
        return cls(_image(samples.shape), samples.classes, ((16, 16), (32, 32), (64, 64)))

    @property
    def feature_map(self) -> tuple[int, int, int]:
        """(channels, height, width) of what the first dense layer flattens."""
        side = self.input_shape[1] // POOL ** len(self.blocks)
        return self.blocks[-1][-1], side, side

    @property
    def convolutions(self) -> Iterator[tuple[str, int, int]]:
        """(name, input channels, output channels) of each, such as conv1_1, in order."""
        inputs = self.input_shape[0]
        for block, widths in enumerate(self.blocks, start=1):
            for number, outputs in enumerate(widths, start=1):
                yield f"conv{block}_{number}", inputs, outputs
                inputs = outputs

    def parameters(self) -> tuple[Param, ...]:
        """Kernels and biases in layer order."""
        params: list[Param] = []
        for name, inputs, outputs in self.convolutions:
            params += convolution(name, inputs, outputs, KERNEL)
        channels, height, width = self.feature_map
        flat = channels * height * width
        params += dense("dense1", flat, self.units, self.feature_map)
        params += dense("dense2", self.units, self.classes)
        return tuple(params)

    def statistics(self) -> tuple[Param, ...]:
        """None."""
        return ()

    def forward_layers(self) -> tuple[Layer, ...]:
        """Convolutions and the pooling behind each block, then the dense layers."""
        kernels = {param.name: param for param in self.parameters()}
        layers: list[Layer] = []
        side = self.input_shape[1]
        for block, widths in enumerate(self.blocks, start=1):
            for number in range(1, len(widths) + 1):
                kernel = kernels[f"conv{block}_{number}.weight"]
                layers.append(convolution_layer(kernel, side, input_gradient=bool(layers)))
            side //= POOL
            layers.append(Layer(f"pool{block}", widths[-1] * side**2))
        return (*layers, *(dense_layer(kernels[f"dense{number}.weight"]) for number in (1, 2)))


def _image(shape: tuple[int, ...]) -> tuple[int, int, int]:
    if len(shape) != 3 or shape[1:] not in ((28, 28), (32, 32)):
        raise ValueError(f"VGG takes images of 28x28 or 32x32, got the shape {shape}.")
    channels, height, width = shape
    return channels, height, width


MODELS = (
    Model(
        "vgg-small",
        VGG.family,
        "VGG (small)",
        "six 3x3 convolutions in three blocks, two dense layers",
        VGG.small,
    ),
)
