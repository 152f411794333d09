"""Models that Keras publishes, and plain stacks of its layers, as its guides write them."""

from collections.abc import Callable

import keras
from keras import layers

from bench.spec import ModelSpec


def resnet50(spec: ModelSpec) -> keras.Model:
    """`keras.applications.ResNet50`, of 2015: its blocks have the stride in the first convolution.

    Ours have it in the second (version 1.5), which takes 6 % more operations at 224x224.
    """
    channels, height, width = spec.input_shape
    return keras.applications.ResNet50(
        weights=None,
        input_shape=(height, width, channels),
        classes=spec.classes,
        classifier_activation=None,
    )


def lenet(spec: ModelSpec) -> keras.Model:
    """Of 28x28 or 32x32."""
    channels, height, width = spec.input_shape
    padding = "same" if height == 28 else "valid"
    return keras.Sequential(
        [
            keras.Input((height, width, channels)),
            layers.Conv2D(6, 5, padding=padding, activation="relu"),
            layers.MaxPooling2D(),
            layers.Conv2D(16, 5, activation="relu"),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dense(120, activation="relu"),
            layers.Dense(84, activation="relu"),
            layers.Dense(spec.classes),
        ]
    )


def lstm(spec: ModelSpec) -> keras.Model:
    """Over the rows of an image of 28x28."""
    channels, rows, columns = spec.input_shape
    return keras.Sequential(
        [
            keras.Input((rows, columns, channels)),
            layers.Reshape((rows, columns)),
            layers.LSTM(128),
            layers.Dense(spec.classes),
        ]
    )


MODELS: dict[str, Callable[[ModelSpec], keras.Model]] = {
    "lenet": lenet,
    "resnet50": resnet50,
    "lstm": lstm,
}
