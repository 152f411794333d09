"""Training as Keras's users write it, with nothing of this project around it.

A tf.GradientTape in a tf.function: "Writing a training loop from scratch" in Keras's guides.
`tox -e overhead` holds the harness against it, `tox -e references` our models against Keras's.
"""

from collections.abc import Callable, Mapping

import keras
import numpy as np
import tensorflow as tf

from bench.job import Execution
from bench.models import find_model_class
from bench.optimizer import Optimizer
from bench.spec import ModelSpec, arrays_of
from impls.tensorflow import weights as parameters
from impls.tensorflow.backend import symbolic_input


def own_model(
    spec: ModelSpec, weights: Mapping[str, np.ndarray], execution: Execution
) -> keras.Model:
    """Our model with these weights."""
    model = find_model_class(spec, parameters.__name__)(spec)
    model(symbolic_input(spec.input_shape))
    parameters.load(parameters.find_arrays(model, arrays_of(spec)), weights)
    return model


def bare_loop(
    model: keras.Model, optimizer: Optimizer, execution: Execution
) -> Callable[[np.ndarray, np.ndarray], None]:
    """A loop over batches: (inputs, labels) of several steps, back once the device is done."""
    criterion = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    if optimizer.name == "adam":
        update = keras.optimizers.Adam(optimizer.learning_rate)
    else:
        update = keras.optimizers.SGD(optimizer.learning_rate, optimizer.momentum)
    update.build(model.trainable_variables)

    def step(x: tf.Tensor, y: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            loss = criterion(y, model(x, training=True))
        gradients = tape.gradient(loss, model.trainable_variables)
        update.apply(gradients, model.trainable_variables)
        return loss

    if execution.mode != "eager":
        step = tf.function(step, jit_compile=True if execution.mode == "xla" else None)

    def train(inputs: np.ndarray, labels: np.ndarray) -> None:
        for images, targets in zip(inputs, labels, strict=True):
            step(tf.constant(images), tf.constant(targets))
        tf.test.experimental.sync_devices()

    return train
