"""LeNet-5 in NumPy."""

from bench.models.lenet import KERNEL
from bench.models.lenet import LeNet as Spec

from .layers import Array, Convolution, Dense, Flatten, Layer, Parameter, ReLU, Tanh
from .pooling import AveragePooling, MaxPooling

ACTIVATIONS: dict[str, type[Layer]] = {"relu": ReLU, "tanh": Tanh}
POOLINGS: dict[str, type[Layer]] = {"max": MaxPooling, "average": AveragePooling}


class LeNet:
    """Two convolutions with pooling, then three dense layers; NCHW."""

    def __init__(self, spec: Spec) -> None:
        inputs, (first, second) = spec.input_shape[0], spec.channels
        channels, height, width = spec.feature_map
        activation, pooling = ACTIVATIONS[spec.activation], POOLINGS[spec.pooling]
        self.layers: dict[str, Layer] = {
            "conv1": Convolution(inputs, first, KERNEL, spec.padding),  # (N, 6, 28, 28)
            "activation1": activation(),
            "pool1": pooling(),  # (N, 6, 14, 14)
            "conv2": Convolution(first, second, KERNEL),  # (N, 16, 10, 10)
            "activation2": activation(),
            "pool2": pooling(),  # (N, 16, 5, 5)
            "flatten": Flatten(),  # (N, 400) in the order C, H, W
            "dense1": Dense(channels * height * width, spec.units[0]),  # (N, 120)
            "activation3": activation(),
            "dense2": Dense(spec.units[0], spec.units[1]),  # (N, 84)
            "activation4": activation(),
            "dense3": Dense(spec.units[1], spec.classes),  # (N, classes)
        }

    def parameters(self) -> dict[str, Parameter]:
        """The trainable parameters by canonical name, in layer order."""
        return {
            f"{layer_name}.{name}": parameter
            for layer_name, layer in self.layers.items()
            for name, parameter in layer.parameters.items()
        }

    def forward(self, images: Array) -> Array:
        """Logits, (N, classes)."""
        x = images
        for layer in self.layers.values():
            x = layer.forward(x)
        return x

    def backward(self, gradient: Array) -> None:
        """Set every parameter's gradient, given that of the logits of the last `forward`."""
        for layer in reversed(self.layers.values()):
            gradient = layer.backward(gradient)
