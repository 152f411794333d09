"""The rules of `bench.optimizer.Optimizer` by keras.optimizers, which differ in three points.

Its SGD keeps the learning rate inside the momentum buffer, its Adam has epsilon beside the
uncorrected root, and its weight decay is decoupled, so that the backend adds the coupled one.
"""

from collections.abc import Iterable, Mapping, Sequence

import keras
import numpy as np
import tensorflow as tf

from bench.optimizer import Optimizer


class Adam(keras.optimizers.Adam):
    """Keras's Adam with algorithm 1 of Kingma and Ba 2015 as it is in the paper."""

    def update_step(
        self,
        gradient: tf.Tensor | tf.IndexedSlices,
        variable: tf.Variable,
        learning_rate: tf.Tensor,
    ) -> None:
        index = self._get_variable_index(variable)
        first, second = self._momentums[index], self._velocities[index]
        # An embedding's gradient is sparse, with a part for each occurrence of a token: what is
        # squared is their sum.
        gradient = tf.convert_to_tensor(gradient)
        self.assign_add(first, (gradient - first) * (1 - self.beta_1))
        self.assign_add(second, (tf.square(gradient) - second) * (1 - self.beta_2))
        rate = tf.cast(learning_rate, variable.dtype) / self._correction(self.beta_1, variable)
        root = tf.sqrt(second / self._correction(self.beta_2, variable))
        self.assign_sub(variable, rate * first / (root + self.epsilon))

    def _correction(self, beta: float, variable: tf.Variable) -> tf.Tensor:
        """1 - beta^t, in float64: in float32, 1 - 0.999 has an error of 1e-5."""
        step = tf.cast(self.iterations + 1, tf.float64)
        return tf.cast(1 - tf.constant(beta, tf.float64) ** step, variable.dtype)


def make(optimizer: Optimizer, trained: Sequence[keras.Variable]) -> keras.optimizers.Optimizer:
    """The optimizer of the trained variables, without weight decay."""
    made: keras.optimizers.Optimizer
    if optimizer.name == "adam":
        made = Adam(optimizer.learning_rate, optimizer.beta1, optimizer.beta2, optimizer.epsilon)
    else:
        made = keras.optimizers.SGD(optimizer.learning_rate, optimizer.momentum)
    made.build(trained)
    return made


def reset(optimizer: keras.optimizers.Optimizer) -> None:
    """Forget everything but the learning rate."""
    gathered = [variable for slot in _native_slots(optimizer).values() for variable in slot]
    for variable in (optimizer.iterations, *gathered):
        variable.assign(tf.zeros_like(variable))


def set_learning_rate(optimizer: keras.optimizers.Optimizer, learning_rate: float) -> None:
    """From the next step on, for the velocities of the past too: Goyal et al. 2017, section 2.1."""
    if isinstance(optimizer, keras.optimizers.SGD):
        ratio = learning_rate / float(optimizer.learning_rate)
        for momentum in optimizer.momentums:
            momentum.assign(momentum * ratio)
    optimizer.learning_rate = learning_rate


def slots(
    optimizer: keras.optimizers.Optimizer, names: Iterable[str]
) -> dict[str, dict[str, np.ndarray]]:
    """What the optimizer has gathered: by slot, by parameter, in Keras's layouts."""
    is_sgd = isinstance(optimizer, keras.optimizers.SGD)
    factor = -1 / float(optimizer.learning_rate) if is_sgd else 1.0
    return {
        slot: {
            name: variable.numpy() * factor for name, variable in zip(names, variables, strict=True)
        }
        for slot, variables in _native_slots(optimizer).items()
    }


def _native_slots(optimizer: keras.optimizers.Optimizer) -> Mapping[str, list[keras.Variable]]:
    """Keras's variables by canonical slot, in the order of the trained variables."""
    if isinstance(optimizer, keras.optimizers.SGD):
        return {"velocity": optimizer.momentums} if optimizer.momentums else {}
    return {"first moment": optimizer._momentums, "second moment": optimizer._velocities}
