"""AlexNet (Krizhevsky, Sutskever, Hinton 2012) in the single-column form of Krizhevsky 2014."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

from bench.layers import convolution_layer, dense_layer
from bench.models.model import Model, take_image
from bench.spec import Layer, Param, Samples, convolution, dense

POOL, POOL_STRIDE = 3, 2
POOLED = (1, 2, 5)  # the convolutions that pooling follows
NORMALIZED = (1, 2)  # those that response normalization follows, where there is any


@dataclass(frozen=True)
class Convolution:
    """A square convolution: side of the kernel, stride, zeros on each side."""

    kernel: int
    stride: int
    padding: int

    def reduced(self, length: int) -> int:
        """Side of the feature map that it makes of one with that side."""
        return (length + 2 * self.padding - self.kernel) // self.stride + 1


@dataclass(frozen=True)
class ResponseNormalization:
    """Local response normalization over channels (Krizhevsky et al. 2012, section 3.3).

    Each value is divided by (k + alpha * sum of squares over `size` neighboring
    channels) ** beta. Alpha is the paper's: of the sum, not of the mean.
    """

    size: int = 5
    alpha: float = 1e-4
    beta: float = 0.75
    k: float = 2.0


# The stem of the paper makes 55x55 of 224x224. On 32x32 its map would be smaller than the
# pooling window behind; this one leaves 16x16, and everything after it as it is.
STEMS = {224: Convolution(11, 4, 2), 32: Convolution(5, 2, 2)}
SECOND = Convolution(5, 1, 2)
LATER = Convolution(3, 1, 1)


@dataclass(frozen=True)
class AlexNet:
    """Five convolutions, three of them with pooling, then three dense layers; ReLU throughout.

    The form that convnet-benchmarks timed and that torchvision has: one column,
    no response normalization. Dropout follows the first two dense layers, as in
    section 4.2 of the paper of 2012.

    Attributes:
        input_shape: (channels, height, width), of 224x224 or 32x32.
        channels: of the five convolutions.
        units: of the two hidden dense layers.
        dropout: the share of hidden units that is zeroed in training.
        normalization: behind the first two convolutions, if anything.
    """

    family: ClassVar[str] = "alexnet"

    input_shape: tuple[int, int, int]
    classes: int
    channels: tuple[int, ...] = (64, 192, 384, 256, 256)
    units: tuple[int, ...] = (4096, 4096)
    dropout: float = 0.5
    normalization: ResponseNormalization | None = None

    @classmethod
    def of_2014(
        cls,
        samples: Samples,
        divisor: int = 1,
        normalization: ResponseNormalization | None = None,
    ) -> "AlexNet":
        """The widths of 2014, divided."""
        return cls(
            take_image("AlexNet", samples, STEMS),
            samples.classes,
            tuple(width // divisor for width in cls.channels),
            tuple(width // divisor for width in cls.units),
            normalization=normalization,
        )

    @property
    def convolutions(self) -> tuple[Convolution, ...]:
        """The five in order; pooling follows the first, second and fifth."""
        return STEMS[self.input_shape[1]], SECOND, LATER, LATER, LATER

    @property
    def feature_map(self) -> tuple[int, int, int]:
        """(channels, height, width) of what the first dense layer flattens."""
        *_, (_, side) = self._sides()
        return self.channels[-1], side, side

    def parameters(self) -> tuple[Param, ...]:
        """The sixteen trainable parameters in layer order."""
        params: list[Param] = []
        inputs = self.input_shape[0]
        layers = zip(self.convolutions, self.channels, strict=True)
        for index, (layer, outputs) in enumerate(layers, start=1):
            params += convolution(f"conv{index}", inputs, outputs, layer.kernel, "he normal")
            inputs = outputs
        channels, height, width = self.feature_map
        first, second = self.units
        flat = channels * height * width
        params += dense("dense1", flat, first, self.feature_map, "he normal")
        params += dense("dense2", first, second, initializer="he normal")
        params += dense("dense3", second, self.classes)
        return tuple(params)

    def statistics(self) -> tuple[Param, ...]:
        """None."""
        return ()

    def forward_layers(self) -> tuple[Layer, ...]:
        """Convolutions, what normalizes and pools behind them, dense layers."""
        kernels = {param.name: param for param in self.parameters()}
        layers: list[Layer] = []
        maps = zip(self.channels, self._sides(), strict=True)
        for index, (channels, (side, handed_on)) in enumerate(maps, start=1):
            kernel = kernels[f"conv{index}.weight"]
            layers.append(convolution_layer(kernel, side, input_gradient=index > 1))
            if self.normalization is not None and index in NORMALIZED:
                layers.append(Layer(f"normalize{index}", channels * side**2))
            if index in POOLED:
                layers.append(Layer(f"pool{index}", channels * handed_on**2))
        layers += (dense_layer(kernels[f"dense{number}.weight"]) for number in (1, 2, 3))
        return tuple(layers)

    def _sides(self) -> Iterator[tuple[int, int]]:
        """Of each convolution, the side of its feature map and of what the next layer sees."""
        side = self.input_shape[1]
        for index, layer in enumerate(self.convolutions, start=1):
            convolved = layer.reduced(side)
            side = (convolved - POOL) // POOL_STRIDE + 1 if index in POOLED else convolved
            yield convolved, side


MODELS = (
    Model(
        "alexnet",
        AlexNet.family,
        "AlexNet",
        "AlexNet in its single-column form of 2014, for 224x224 or 32x32",
        AlexNet.of_2014,
    ),
    Model(
        "alexnet-lrn",
        AlexNet.family,
        "AlexNet (LRN)",
        "AlexNet with the local response normalization of 2012",
        partial(AlexNet.of_2014, normalization=ResponseNormalization()),
    ),
    Model(
        "alexnet-quarter",
        AlexNet.family,
        "AlexNet (a quarter of the width)",
        "AlexNet, every hidden layer a quarter as wide",
        partial(AlexNet.of_2014, divisor=4),
        verified_on="cifar10",
    ),
    Model(
        "alexnet-lrn-quarter",
        AlexNet.family,
        "AlexNet (LRN, a quarter of the width)",
        "AlexNet with local response normalization, every hidden layer a quarter as wide",
        partial(AlexNet.of_2014, divisor=4, normalization=ResponseNormalization()),
        verified_on="cifar10",
    ),
)
