"""GRU in TensorFlow with Keras."""

import keras
import tensorflow as tf
from bench.models.gru import GRU as Spec  # noqa: N811 (a class)


class GRU(keras.Model):
    """Layers of GRU over the rows of an image; dense on the last step."""

    def __init__(self, spec: Spec) -> None:
        super().__init__()
        # The last layer returns its last step only.
        self.gru1 = keras.layers.GRU(spec.units, return_sequences=spec.layers > 1)
        self.gru2 = keras.layers.GRU(spec.units) if spec.layers > 1 else keras.layers.Identity()
        self.dense = keras.layers.Dense(spec.classes)

    def call(self, images: tf.Tensor) -> tf.Tensor:
        x = self.gru2(self.gru1(tf.squeeze(images, -1)))  # (N, units)
        return self.dense(x)  # (N, classes)
