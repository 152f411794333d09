"""LeNet-5 (LeCun, Bottou, Bengio, Haffner 1998, section II.B), in two settings of one spec."""

from dataclasses import dataclass
from typing import ClassVar, Literal

from bench.layers import convolution_layer, dense_layer
from bench.models.model import Model, take_image
from bench.spec import Layer, Param, Samples, convolution, dense

KERNEL = 5
SIDES = (28, 32)


@dataclass(frozen=True)
class LeNet:
    """Two convolutions with pooling, then three dense layers.

    As in nearly every framework's examples, and unlike the paper: the second
    convolution sees every feature map, pooling has no trainable coefficients,
    and the last layer is dense with softmax cross-entropy, not radial basis
    functions.

    Attributes:
        input_shape: (channels, height, width) of one image; 28x28 is padded to 32x32
            by the first convolution.
        classes: number of classes.
        activation: after every layer but the last.
        pooling: 2x2 windows, stride 2.
        channels: of the two convolutions.
        units: of the two hidden dense layers.
    """

    family: ClassVar[str] = "lenet"

    input_shape: tuple[int, int, int]
    classes: int
    activation: Literal["relu", "tanh"]
    pooling: Literal["max", "average"]
    channels: tuple[int, int] = (6, 16)
    units: tuple[int, int] = (120, 84)

    @classmethod
    def modern(cls, samples: Samples) -> "LeNet":
        """The common modern form: ReLU and max pooling."""
        image = take_image("LeNet", samples, SIDES)
        return cls(image, samples.classes, activation="relu", pooling="max")

    @classmethod
    def classic(cls, samples: Samples) -> "LeNet":
        """The 1998 form: tanh and average pooling."""
        image = take_image("LeNet", samples, SIDES)
        return cls(image, samples.classes, activation="tanh", pooling="average")

    @property
    def padding(self) -> int:
        """Zeros on each side of the image before the first convolution."""
        return 2 if self.input_shape[1:] == (28, 28) else 0

    @property
    def feature_map(self) -> tuple[int, int, int]:
        """(channels, height, width) of what the first dense layer flattens."""
        _, height, width = self.input_shape
        return self.channels[1], _reduced(height, self.padding), _reduced(width, self.padding)

    def parameters(self) -> tuple[Param, ...]:
        """The ten trainable parameters in layer order."""
        channels, height, width = self.feature_map
        return (
            *convolution("conv1", self.input_shape[0], self.channels[0], KERNEL),
            *convolution("conv2", self.channels[0], self.channels[1], KERNEL),
            *dense("dense1", channels * height * width, self.units[0], self.feature_map),
            *dense("dense2", self.units[0], self.units[1]),
            *dense("dense3", self.units[1], self.classes),
        )

    def statistics(self) -> tuple[Param, ...]:
        """None."""
        return ()

    def forward_layers(self) -> tuple[Layer, ...]:
        """Seven: activations belong to the layer before."""
        kernels = {param.name: param for param in self.parameters()}
        first, second = self.channels
        # Images are square: `take_image` takes no others.
        side = _convolved(self.input_shape[1], self.padding)
        last = self.feature_map[1]
        return (
            convolution_layer(kernels["conv1.weight"], side, input_gradient=False),
            Layer("pool1", first * (side // 2) ** 2),
            convolution_layer(kernels["conv2.weight"], _convolved(side // 2)),
            Layer("pool2", second * last**2),
            *(dense_layer(kernels[f"dense{number}.weight"]) for number in (1, 2, 3)),
        )


def _convolved(length: int, padding: int = 0) -> int:
    """Side of the feature map after a convolution."""
    return length + 2 * padding - KERNEL + 1


def _reduced(length: int, padding: int) -> int:
    """Side of the feature map after both convolutions and poolings."""
    return _convolved(_convolved(length, padding) // 2) // 2


MODELS = (
    Model(
        "lenet",
        LeNet.family,
        "LeNet",
        "LeNet-5 in its common modern form: ReLU, max pooling",
        LeNet.modern,
        verified_on="mnist",
    ),
    Model(
        "lenet-1998",
        LeNet.family,
        "LeNet (1998)",
        "LeNet-5 in its 1998 form: tanh, average pooling",
        LeNet.classic,
        verified_on="digits",
    ),
)
