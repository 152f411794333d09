"""Products and convolutions in TensorFlow, with the switch that its backend sets."""

import numpy as np
import tensorflow as tf

SIDE, CHANNELS = 256, 64


def prepare(device: str):
    """Return the operations by their names; TensorFlow places them on the GPU if it has one."""
    allow = tf.config.experimental.enable_tensor_float_32_execution

    def multiply(value: float, allows_tf32: bool) -> float:
        allow(allows_tf32)
        return float(tf.matmul(tf.fill((SIDE, SIDE), value), tf.eye(SIDE))[0, 0])

    def convolve(value: float, allows_tf32: bool) -> float:
        allow(allows_tf32)
        images = tf.fill((8, 16, 16, CHANNELS), value)
        kernel = np.zeros((3, 3, CHANNELS, CHANNELS), np.float32)
        kernel[1, 1] = np.eye(CHANNELS)
        return float(tf.nn.conv2d(images, kernel, 1, "SAME")[0, 8, 8, 0])

    return {"product": multiply, "convolution": convolve}
