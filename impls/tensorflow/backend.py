"""TensorFlow with Keras behind the contract of `bench.worker.backend`."""

from collections.abc import Mapping, Sequence

import keras
import numpy as np
import tensorflow as tf

from bench.job import Execution
from bench.optimizer import Optimizer
from bench.spec import ModelSpec, arrays_of

from . import optimizers
from . import weights as parameters
from .alexnet import AlexNet
from .lenet import LeNet
from .lstm import LSTM
from .resnet import ResNet

MODELS = {"lenet": LeNet, "alexnet": AlexNet, "resnet": ResNet, "lstm": LSTM}
DTYPES = {"ieee": "float32", "float64": "float64"}


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
        # Of all that is made from here on; the policy of an earlier backend would outlast floatx.
        keras.config.set_floatx(DTYPES[execution.precision])
        keras.config.set_dtype_policy(DTYPES[execution.precision])
        self.manifest = arrays_of(spec)
        self.model = MODELS[spec.family](spec)
        # Called once with a symbolic input: that is how a subclassed model gets its variables.
        self.model(_symbolic_input(spec.input_shape))
        self.variables = parameters.named_variables(self.model)
        self.trainable = spec.parameters()
        self.trained = {param.name: self.variables[param.name] for param in self.trainable}
        self.criterion = keras.losses.SparseCategoricalCrossentropy(
            from_logits=True, reduction="sum"
        )
        self.optimizer = optimizers.make(optimizer, list(self.trained.values()))
        self.weight_decay = optimizer.weight_decay
        compiled = execution.mode == "compiled"
        self._train = tf.function(self._train_step) if compiled else self._train_step
        self._differentiate = tf.function(self._backward) if compiled else self._backward
        # The last test batch may be smaller: one graph for every batch size.
        self._forward = tf.function(self.model, reduce_retracing=True) if compiled else self.model
        self._test = (
            tf.function(self._test_step, reduce_retracing=True) if compiled else self._test_step
        )

    def load(self, weights: Mapping[str, np.ndarray]) -> None:
        parameters.load(self.variables, self.manifest, weights)
        optimizers.reset(self.optimizer)

    def set_learning_rate(self, learning_rate: float) -> None:
        optimizers.set_learning_rate(self.optimizer, learning_rate)

    def step(self, inputs: np.ndarray, labels: np.ndarray) -> tf.Tensor:
        return self._train(tf.constant(inputs), tf.constant(labels))

    def _train_step(self, inputs: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
        loss, gradients = self._backward(inputs, labels)
        if self.weight_decay > 0:
            # Keras's own is decoupled from the gradient.
            for param in self.trainable:
                if param.decays:
                    gradients[param.name] += self.weight_decay * self.trained[param.name]
        ordered = [gradients[name] for name in self.trained]
        self.optimizer.apply(ordered, list(self.trained.values()))
        return loss

    def _backward(
        self, inputs: tf.Tensor, labels: tf.Tensor
    ) -> tuple[tf.Tensor, dict[str, tf.Tensor | tf.IndexedSlices]]:
        """The summed loss of the batch, and the gradients of its mean."""
        with tf.GradientTape() as tape:
            loss = self.criterion(labels, self.model(inputs, training=True))
            mean = loss / labels.shape[0]
        return loss, tape.gradient(mean, self.trained)

    def losses(self, handles: Sequence[tf.Tensor]) -> list[float]:
        return [float(handle) for handle in handles]

    def evaluate(self, inputs: np.ndarray, labels: np.ndarray) -> tuple[float, int]:
        loss, correct = self._test(tf.constant(inputs), tf.constant(labels))
        return float(loss), int(correct)

    def _test_step(self, inputs: tf.Tensor, labels: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        logits = self.model(inputs, training=False)
        hits = tf.equal(tf.argmax(logits, axis=1), labels)
        return self.criterion(labels, logits), tf.reduce_sum(tf.cast(hits, tf.int64))

    def synchronize(self) -> None:
        tf.test.experimental.sync_devices()

    def memory(self) -> dict[str, int]:
        if self.device != "cuda":
            return {}
        return {"allocator_peak_bytes": tf.config.experimental.get_memory_info("GPU:0")["peak"]}

    def logits(self, inputs: np.ndarray, training: bool) -> np.ndarray:
        return self._forward(tf.constant(inputs), training=training).numpy()

    def gradients(self, inputs: np.ndarray, labels: np.ndarray) -> dict[str, np.ndarray]:
        _, gradients = self._differentiate(tf.constant(inputs), tf.constant(labels))
        # An embedding's is sparse: as a tensor, it is dense.
        arrays = {name: tf.convert_to_tensor(one).numpy() for name, one in gradients.items()}
        return parameters.canonical(self.trainable, arrays)

    def export(self) -> dict[str, np.ndarray]:
        arrays = {name: variable.numpy() for name, variable in self.variables.items()}
        return parameters.canonical(self.manifest, arrays)

    def slots(self) -> dict[str, dict[str, np.ndarray]]:
        return optimizers.slots(self.optimizer, self.trainable)


def _symbolic_input(shape: tuple[int, ...]) -> keras.KerasTensor:
    """Of an image, from (channels, height, width) to (height, width, channels); of a text."""
    if len(shape) == 3:
        return keras.Input((*shape[1:], shape[0]))
    return keras.Input(shape, dtype="int32")
