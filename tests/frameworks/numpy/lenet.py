"""LeNet-5 in NumPy."""

from bench.models.lenet import KERNEL
from bench.models.lenet import LeNet as Spec

from .convolution import Convolution
from .deviations import NONE, Deviations
from .layers import Chain, Dense, Flatten, Layer, ReLU, Tanh
from .pooling import POOLINGS

ACTIVATIONS: dict[str, type[Layer]] = {"relu": ReLU, "tanh": Tanh}
POOL = 2


class LeNet(Chain):
    """Two convolutions with pooling, then three dense layers; NCHW."""

    def __init__(self, spec: Spec, deviations: Deviations = NONE) -> None:
        inputs, (first, second) = spec.input_shape[0], spec.channels
        channels, height, width = spec.feature_map
        activation = ACTIVATIONS[spec.activation]
        pooling = POOLINGS[deviations.pooling or spec.pooling]
        super().__init__(
            {
                "conv1": Convolution(inputs, first, KERNEL, padding=spec.padding),
                "activation1": activation(),  # (N, 6, 28, 28)
                "pool1": pooling(POOL, stride=POOL),  # (N, 6, 14, 14)
                "conv2": Convolution(first, second, KERNEL),  # (N, 16, 10, 10)
                "activation2": activation(),
                "pool2": pooling(POOL, stride=POOL),  # (N, 16, 5, 5)
                "flatten": Flatten(deviations.flatten_order),  # (N, 400)
                "dense1": Dense(channels * height * width, spec.units[0]),  # (N, 120)
                "activation3": activation(),
                "dense2": Dense(spec.units[0], spec.units[1]),  # (N, 84)
                "activation4": activation(),
                "dense3": Dense(spec.units[1], spec.classes),  # (N, classes)
            }
        )
