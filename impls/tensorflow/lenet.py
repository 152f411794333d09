"""LeNet-5 in TensorFlow with Keras."""

import keras
import tensorflow as tf

from bench.models.lenet import KERNEL
from bench.models.lenet import LeNet as Spec

ACTIVATIONS = {"relu": keras.activations.relu, "tanh": keras.activations.tanh}
POOLINGS = {"max": keras.layers.MaxPooling2D, "average": keras.layers.AveragePooling2D}


class LeNet(keras.Model):
    """Two convolutions with pooling, then three dense layers; NHWC."""

    def __init__(self, spec: Spec) -> None:
        super().__init__()
        first, second = spec.channels
        activation = ACTIVATIONS[spec.activation]
        # At stride 1 and an odd kernel, `same` pads symmetrically: two zeros on each side.
        padding = "same" if spec.padding else "valid"
        self.conv1 = keras.layers.Conv2D(first, KERNEL, padding=padding, activation=activation)
        self.conv2 = keras.layers.Conv2D(second, KERNEL, activation=activation)
        self.pool = POOLINGS[spec.pooling](pool_size=2, strides=2)
        self.flatten = keras.layers.Flatten()
        self.dense1 = keras.layers.Dense(spec.units[0], activation=activation)
        self.dense2 = keras.layers.Dense(spec.units[1], activation=activation)
        self.dense3 = keras.layers.Dense(spec.classes)

    def call(self, images: tf.Tensor) -> tf.Tensor:
        x = self.pool(self.conv1(images))  # (N, 14, 14, 6)
        x = self.pool(self.conv2(x))  # (N, 5, 5, 16)
        x = self.flatten(x)  # (N, 400) in the order H, W, C
        x = self.dense1(x)  # (N, 120)
        x = self.dense2(x)  # (N, 84)
        return self.dense3(x)  # (N, classes)
