"""TensorFlow with Keras behind the contract of `bench.worker.backend`."""

from collections.abc import Mapping, Sequence

import keras
import numpy as np
import tensorflow as tf

from bench.job import Execution
from bench.optimizer import Optimizer
from bench.spec import ModelSpec

from . import weights as parameters
from .lenet import LeNet

MODELS = {"lenet": LeNet}


class Backend:
    """Trains with Keras layers and optimizers in a tf.GradientTape.

    In mode `compiled` a step is one tf.function, as `keras.Model.fit` does on a CPU (on a GPU,
    Keras would add XLA); in mode `eager` the same Python runs operation by operation.
    """

    version = tf.__version__

    def __init__(self, spec: ModelSpec, optimizer: Optimizer, execution: Execution) -> None:
        tf.config.threading.set_intra_op_parallelism_threads(execution.threads)
        tf.config.threading.set_inter_op_parallelism_threads(execution.threads)
        if execution.device == "cpu":
            tf.config.set_visible_devices([], "GPU")
        self.device = execution.device
        self.manifest = spec.parameters()
        self.model = MODELS[spec.family](spec)
        # Called once with a symbolic input: that is how a subclassed model gets its variables.
        self.model(keras.Input(_channels_last(spec.input_shape)))
        self.criterion = keras.losses.SparseCategoricalCrossentropy(
            from_logits=True, reduction="sum"
        )
        self.optimizer = keras.optimizers.SGD(
            learning_rate=optimizer.learning_rate, momentum=optimizer.momentum
        )
        self.optimizer.build(self.model.trainable_variables)
        compiled = execution.mode == "compiled"
        self._train = tf.function(self._train_step) if compiled else self._train_step
        # The last test batch may be smaller: one graph for every batch size.
        self._test = (
            tf.function(self._test_step, reduce_retracing=True) if compiled else self._test_step
        )

    def load(self, weights: Mapping[str, np.ndarray]) -> None:
        parameters.load(self.model, self.manifest, weights)

    def step(self, images: np.ndarray, labels: np.ndarray) -> tf.Tensor:
        return self._train(tf.constant(images), tf.constant(labels))

    def losses(self, handles: Sequence[tf.Tensor]) -> list[float]:
        return [float(handle) for handle in handles]

    def evaluate(self, images: np.ndarray, labels: np.ndarray) -> tuple[float, int]:
        loss, correct = self._test(tf.constant(images), tf.constant(labels))
        return float(loss), int(correct)

    def export(self) -> dict[str, np.ndarray]:
        return parameters.export(self.model, self.manifest)

    def synchronize(self) -> None:
        tf.test.experimental.sync_devices()

    def memory(self) -> dict[str, int]:
        if self.device != "cuda":
            return {}
        return {"allocator_peak_bytes": tf.config.experimental.get_memory_info("GPU:0")["peak"]}

    def _train_step(self, images: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            loss = self.criterion(labels, self.model(images, training=True))
            mean = loss / tf.cast(tf.shape(images)[0], loss.dtype)
        variables = self.model.trainable_variables
        self.optimizer.apply(tape.gradient(mean, variables), variables)
        return loss

    def _test_step(self, images: tf.Tensor, labels: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        logits = self.model(images, training=False)
        hits = tf.equal(tf.argmax(logits, axis=1), labels)
        return self.criterion(labels, logits), tf.reduce_sum(tf.cast(hits, tf.int64))


def _channels_last(shape: tuple[int, ...]) -> tuple[int, ...]:
    """A sample's shape from (channels, height, width) to (height, width, channels)."""
    return (*shape[1:], shape[0]) if len(shape) == 3 else shape
