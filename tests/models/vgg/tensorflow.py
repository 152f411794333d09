"""VGG in TensorFlow with Keras."""

import keras
import tensorflow as tf
from bench.models.vgg import KERNEL, POOL
from bench.models.vgg import VGG as Spec  # noqa: N811 (a class)


class VGG(keras.Model):
    """Blocks of 3x3 convolutions with max pooling, then two dense layers; NHWC."""

    def __init__(self, spec: Spec) -> None:
        super().__init__()
        self.blocks = [len(widths) for widths in spec.blocks]
        for name, _, outputs in spec.convolutions:
            # At stride 1 and an odd kernel, `same` pads symmetrically: one zero on each side.
            layer = keras.layers.Conv2D(outputs, KERNEL, padding="same", activation="relu")
            setattr(self, name, layer)
        self.pool = keras.layers.MaxPooling2D(POOL)
        self.flatten = keras.layers.Flatten()
        self.dense1 = keras.layers.Dense(spec.units, activation="relu")
        self.dropout = keras.layers.Dropout(spec.dropout)
        self.dense2 = keras.layers.Dense(spec.classes)

    def call(self, x: tf.Tensor, training: bool = False) -> tf.Tensor:
        for block, count in enumerate(self.blocks, start=1):
            for number in range(1, count + 1):
                x = getattr(self, f"conv{block}_{number}")(x)
            x = self.pool(x)  # in the end (N, 4, 4, 64)
        x = self.flatten(x)  # (N, 1024) in the order H, W, C
        x = self.dropout(self.dense1(x), training=training)  # (N, 128)
        return self.dense2(x)  # (N, classes)
