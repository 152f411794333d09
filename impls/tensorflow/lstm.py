"""LSTM in TensorFlow with Keras."""

import keras
import tensorflow as tf

from bench.models.lstm import LSTM as Spec  # noqa: N811 (a class)


class LSTM(keras.Model):
    """Layers of LSTM over the rows of an image or the words of a text; dense on the last step."""

    def __init__(self, spec: Spec) -> None:
        super().__init__()
        self.embedding = (
            keras.layers.Embedding(spec.vocabulary, spec.embedding) if spec.vocabulary else None
        )
        # The last layer returns its last step only.
        self.lstm1 = keras.layers.LSTM(spec.units, return_sequences=spec.layers > 1)
        self.lstm2 = keras.layers.LSTM(spec.units) if spec.layers > 1 else keras.layers.Identity()
        self.dense = keras.layers.Dense(spec.classes)

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        # Words to (N, steps, embedding), or (N, rows, columns, 1) to (N, rows, columns).
        x = tf.squeeze(inputs, -1) if self.embedding is None else self.embedding(inputs)
        x = self.lstm2(self.lstm1(x))  # (N, units)
        return self.dense(x)  # (N, classes)
