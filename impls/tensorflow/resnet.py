"""ResNet in TensorFlow with Keras."""

import keras
import tensorflow as tf

from bench.models.resnet import Block as BlockSpec
from bench.models.resnet import ResNet as Spec
from bench.spec import NORMALIZATION_DECAY, NORMALIZATION_EPSILON


class ResNet(keras.Model):
    """Convolutional stem, stages of residual blocks, global average pooling, dense; NHWC."""

    def __init__(self, spec: Spec) -> None:
        super().__init__()
        stem, width = spec.stem, spec.widths[0]
        self.pad1 = _padding(stem.kernel, stem.stride)
        self.conv1 = _convolution(width, stem.kernel, stem.stride)
        self.bn1 = _normalization()
        self.relu = keras.layers.ReLU()
        self.pool = _pooling() if stem.pooling else keras.layers.Identity()
        self.stages = keras.Sequential(
            [keras.Sequential([Block(block) for block in stage]) for stage in spec.stages()]
        )
        self.average = keras.layers.GlobalAveragePooling2D()
        self.dense = keras.layers.Dense(spec.classes)

    def call(self, images: tf.Tensor) -> tf.Tensor:
        x = self.pool(self.relu(self.bn1(self.conv1(self.pad1(images)))))
        x = self.stages(x)  # (N, 8, 8, features) in the CIFAR family
        x = self.average(x)  # (N, features)
        return self.dense(x)  # (N, classes)


class Block(keras.Layer):
    """Two or three convolutions, each with batch normalization, added to a shortcut."""

    def __init__(self, spec: BlockSpec) -> None:
        super().__init__()
        (_, o1, k1, s1), (_, o2, k2, s2), *third = spec.layers
        self.pad1 = _padding(k1, s1)
        self.conv1 = _convolution(o1, k1, s1)
        self.bn1 = _normalization()
        self.pad2 = _padding(k2, s2)
        self.conv2 = _convolution(o2, k2, s2)
        self.bn2 = _normalization()
        self.is_bottleneck = bool(third)
        for _, o3, k3, s3 in third:
            self.conv3 = _convolution(o3, k3, s3)
            self.bn3 = _normalization()
        self.relu = keras.layers.ReLU()
        self.shortcut = spec.shortcut
        self.stride = spec.stride
        if spec.shortcut == "projection":
            self.projection = _convolution(spec.outputs, 1, spec.stride)
            self.projection_bn = _normalization()

    def call(self, x: tf.Tensor) -> tf.Tensor:
        y = self.relu(self.bn1(self.conv1(self.pad1(x))))
        y = self.bn2(self.conv2(self.pad2(y)))
        if self.is_bottleneck:
            y = self.bn3(self.conv3(self.relu(y)))
        return self.relu(y + self._shortcut(x))

    def _shortcut(self, x: tf.Tensor) -> tf.Tensor:
        if self.shortcut == "projection":
            return self.projection_bn(self.projection(x))
        if self.shortcut == "padding":
            # Every second pixel; as many channels of zeros behind those that are there.
            x = x[:, :: self.stride, :: self.stride, :]
            return tf.concat([x, tf.zeros_like(x)], axis=-1)
        return x


def _padding(kernel: int, stride: int) -> keras.Layer:
    """What a convolution needs before it: with a stride, `same` pads more behind than in front."""
    pads = stride > 1 and kernel > 1
    return keras.layers.ZeroPadding2D(kernel // 2) if pads else keras.layers.Identity()


def _convolution(outputs: int, kernel: int, stride: int) -> keras.layers.Conv2D:
    padding = "valid" if stride > 1 else "same"
    return keras.layers.Conv2D(outputs, kernel, stride, padding, use_bias=False)


def _normalization() -> keras.layers.BatchNormalization:
    # Keras's momentum is the weight of the past; its variance has the divisor n.
    return keras.layers.BatchNormalization(
        momentum=NORMALIZATION_DECAY, epsilon=NORMALIZATION_EPSILON
    )


def _pooling() -> keras.Sequential:
    # Behind ReLU no value is below a padded zero, and where one equals it, ReLU's gradient is 0.
    return keras.Sequential(
        [keras.layers.ZeroPadding2D(1), keras.layers.MaxPooling2D(3, strides=2)]
    )
