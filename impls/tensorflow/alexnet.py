"""AlexNet in TensorFlow with Keras."""

import keras
import tensorflow as tf

from bench.models.alexnet import POOL, POOL_STRIDE, ResponseNormalization
from bench.models.alexnet import AlexNet as Spec


class AlexNet(keras.Model):
    """Five convolutions, three of them with pooling, then three dense layers; NHWC."""

    def __init__(self, spec: Spec) -> None:
        super().__init__()
        stem, second, later, *_ = spec.convolutions
        c1, c2, c3, c4, c5 = spec.channels
        # With a stride, `same` would pad more behind than in front.
        self.pad = keras.layers.ZeroPadding2D(stem.padding)
        self.conv1 = keras.layers.Conv2D(c1, stem.kernel, stem.stride, activation="relu")
        # At stride 1 and an odd kernel, `same` is the padding of the spec.
        self.conv2 = keras.layers.Conv2D(c2, second.kernel, padding="same", activation="relu")
        self.conv3 = keras.layers.Conv2D(c3, later.kernel, padding="same", activation="relu")
        self.conv4 = keras.layers.Conv2D(c4, later.kernel, padding="same", activation="relu")
        self.conv5 = keras.layers.Conv2D(c5, later.kernel, padding="same", activation="relu")
        self.normalize = _response_normalization(spec.normalization)
        self.pool = keras.layers.MaxPooling2D(POOL, POOL_STRIDE)
        self.dropout = keras.layers.Dropout(spec.dropout)
        self.flatten = keras.layers.Flatten()
        first, second = spec.units
        self.dense1 = keras.layers.Dense(first, activation="relu")
        self.dense2 = keras.layers.Dense(second, activation="relu")
        self.dense3 = keras.layers.Dense(spec.classes)

    def call(self, images: tf.Tensor) -> tf.Tensor:
        x = self.pool(self.normalize(self.conv1(self.pad(images))))  # (N, 27, 27, 64)
        x = self.pool(self.normalize(self.conv2(x)))  # (N, 13, 13, 192)
        x = self.conv3(x)  # (N, 13, 13, 384)
        x = self.conv4(x)  # (N, 13, 13, 256)
        x = self.pool(self.conv5(x))  # (N, 6, 6, 256)
        x = self.flatten(x)  # (N, 9216) in the order H, W, C
        x = self.dropout(self.dense1(x))  # (N, 4096)
        x = self.dropout(self.dense2(x))  # (N, 4096)
        return self.dense3(x)  # (N, classes)


class LocalResponseNormalization(keras.Layer):
    """Divides by a power of the squares of neighbouring channels, over the last axis."""

    def __init__(self, rule: ResponseNormalization) -> None:
        super().__init__()
        self.rule = rule

    def call(self, x: tf.Tensor) -> tf.Tensor:
        # TensorFlow has no kernel in float64: there it is as exact as float32. Else no cast.
        y = tf.nn.local_response_normalization(
            tf.cast(x, tf.float32),
            depth_radius=self.rule.size // 2,
            bias=self.rule.k,
            alpha=self.rule.alpha,  # of the sum, as in the paper
            beta=self.rule.beta,
        )
        return tf.cast(y, x.dtype)


def _response_normalization(rule: ResponseNormalization | None) -> keras.Layer:
    return keras.layers.Identity() if rule is None else LocalResponseNormalization(rule)
