"""TensorFlow with Keras behind the contract of `bench.worker.backend`."""

from collections.abc import Callable, Iterator, Mapping, Sequence

import keras
import numpy as np
import tensorflow as tf

from bench.errors import WorkerError
from bench.job import Execution
from bench.models import find_model_class
from bench.optimizer import Optimizer
from bench.spec import ModelSpec, arrays_of

from . import optimizers
from . import weights as parameters

# Keras's policies: what is computed in, while variables are float32, or float64 throughout.
POLICIES = {"bf16": "mixed_bfloat16", "float64": "float64"}
KNOBS = ("inter_op_threads",)


class Backend:
    """Trains with Keras layers and optimizers in a tf.GradientTape.

    In mode `compiled` a step is one tf.function, as `keras.Model.fit` does on a CPU; in mode
    `xla` XLA compiles that (jit_compile), as `fit` does on a GPU; in mode `eager` the same Python
    runs operation by operation.
    """

    version = tf.__version__

    def __init__(self, spec: ModelSpec, optimizer: Optimizer, execution: Execution) -> None:
        execution.check_knobs(KNOBS)
        tf.config.threading.set_intra_op_parallelism_threads(execution.threads)
        tf.config.threading.set_inter_op_parallelism_threads(
            int(execution.knobs.get("inter_op_threads", execution.threads))
        )
        tf.config.experimental.enable_tensor_float_32_execution(execution.precision == "tf32")
        self.device = execution.device
        choose_device(execution.device)
        # Of all that is made from here on; the policy of an earlier backend would outlast floatx.
        keras.config.set_floatx("float64" if execution.precision == "float64" else "float32")
        keras.config.set_dtype_policy(POLICIES.get(execution.precision, "float32"))
        self.model = find_model_class(spec, __name__)(spec)
        # Called once with a symbolic input: that is how a subclassed model gets its variables.
        self.model(symbolic_input(spec.input_shape))
        if execution.mode == "xla":
            _leave_cudnn(self.model)
        self.arrays = parameters.find_arrays(self.model, arrays_of(spec))
        self.trainable = spec.parameters()
        self.trained = {param.name: self.arrays.by_name[param.name] for param in self.trainable}
        self.masks = parameters.untrained_parts(self.arrays, self.trainable)
        self.criterion = keras.losses.SparseCategoricalCrossentropy(
            from_logits=True, reduction="sum"
        )
        self.mode = execution.mode
        self.set_optimizer(optimizer)
        self._differentiate = _compiled(self._backward, execution.mode)
        # The last test batch may be smaller: one graph for every batch size.
        self._forward = _compiled(self.model, execution.mode, reduce_retracing=True)
        self._test = _compiled(self._test_step, execution.mode, reduce_retracing=True)
        self.data: tuple[tf.Tensor, tf.Tensor] | None = None

    def set_optimizer(self, optimizer: Optimizer) -> None:
        self.optimizer = optimizers.make(optimizer, list(self.trained.values()))
        check_placement(self.device, [*self.model.variables, *self.optimizer.variables])
        self.weight_decay = optimizer.weight_decay
        self._train = _compiled(self._train_step, self.mode)

    def load(self, weights: Mapping[str, np.ndarray]) -> None:
        parameters.load(self.arrays, weights)
        optimizers.reset(self.optimizer)

    def set_learning_rate(self, learning_rate: float) -> None:
        optimizers.set_learning_rate(self.optimizer, learning_rate)

    def step(self, inputs: np.ndarray, labels: np.ndarray) -> tf.Tensor:
        return self._train(tf.constant(inputs), tf.constant(labels))

    def loader(
        self, inputs: np.ndarray, labels: np.ndarray, order: np.ndarray
    ) -> Iterator[tuple[tf.Tensor, tf.Tensor]]:
        if self.data is None:
            self.data = tf.constant(inputs), tf.constant(labels)
        x, y = self.data
        batches = tf.data.Dataset.from_tensor_slices(order)
        batches = batches.map(
            lambda rows: (tf.gather(x, rows), tf.gather(y, rows)), tf.data.AUTOTUNE
        )
        return iter(batches.prefetch(tf.data.AUTOTUNE))

    def place(self, inputs: np.ndarray, labels: np.ndarray) -> tuple[tf.Tensor, tf.Tensor]:
        with tf.device("/GPU:0" if self.device == "cuda" else "/CPU:0"):
            return tf.identity(inputs), tf.identity(labels)

    def step_loaded(self, inputs: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
        return self._train(inputs, labels)

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
            loss = self.criterion(labels, _exact(self.model(inputs, training=True)))
            mean = loss / labels.shape[0]
        gradients = tape.gradient(mean, self.trained)
        for name, mask in self.masks.items():
            gradients[name] *= tf.cast(mask, gradients[name].dtype)
        return loss, gradients

    def losses(self, handles: Sequence[tf.Tensor]) -> list[float]:
        return [float(handle) for handle in handles]

    def evaluate(self, inputs: np.ndarray, labels: np.ndarray) -> tuple[float, int]:
        loss, correct = self._test(tf.constant(inputs), tf.constant(labels))
        return float(loss), int(correct)

    def _test_step(self, inputs: tf.Tensor, labels: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        logits = _exact(self.model(inputs, training=False))
        hits = tf.equal(tf.argmax(logits, axis=1), labels)
        return self.criterion(labels, logits), tf.reduce_sum(tf.cast(hits, tf.int64))

    def synchronize(self) -> None:
        tf.test.experimental.sync_devices()

    def mark(self) -> None:
        """None: TensorFlow has no public events in the device's queue."""

    def memory(self) -> dict[str, int]:
        if self.device != "cuda":
            return {}
        found = tf.config.experimental.get_memory_info("GPU:0")
        return {"allocator_bytes": found["current"], "allocator_peak_bytes": found["peak"]}

    def absent(self) -> dict[str, str]:
        if self.device == "cuda":
            return {
                "device_seconds": "TensorFlow has no public events in the device's queue.",
                "allocator_reserved_bytes": "TensorFlow tells what is in use, not what it holds.",
            }
        return {
            "device_seconds": "On the CPU there is no clock but the host's.",
            "allocator_peak_bytes": "TensorFlow counts what its allocator gives out on GPUs only.",
            "allocator_reserved_bytes": "TensorFlow tells what is in use, not what it holds.",
        }

    def logits(self, inputs: np.ndarray, training: bool) -> np.ndarray:
        return self._forward(tf.constant(inputs), training=training).numpy()

    def gradients(self, inputs: np.ndarray, labels: np.ndarray) -> dict[str, np.ndarray]:
        _, gradients = self._differentiate(tf.constant(inputs), tf.constant(labels))
        # An embedding's is sparse: as a tensor, it is dense.
        arrays = {name: tf.convert_to_tensor(one).numpy() for name, one in gradients.items()}
        return self.arrays.to_canonical(arrays)

    def export(self) -> dict[str, np.ndarray]:
        variables = self.arrays.by_name.items()
        return self.arrays.to_canonical({name: variable.numpy() for name, variable in variables})

    def slots(self) -> dict[str, dict[str, np.ndarray]]:
        slots = optimizers.slots(self.optimizer, self.trained)
        return {slot: self.arrays.to_canonical(arrays) for slot, arrays in slots.items()}


def choose_device(device: str) -> None:
    """Hide the GPUs, or see to it that there is one.

    Raises:
        WorkerError: there is none: TensorFlow would compute on the CPU without a word.
    """
    if device == "cpu":
        tf.config.set_visible_devices([], "GPU")
    elif not tf.config.list_physical_devices("GPU"):
        raise WorkerError(
            f"TensorFlow {tf.__version__} finds no GPU; expected one for the device "
            f"{device!r}; check the driver with `python -m bench doctor`."
        )


def check_placement(device: str, variables: Sequence[keras.Variable]) -> None:
    """Raise WorkerError where TensorFlow has put what is trained on another device.

    It decides by itself, and puts on the CPU what has no kernel on the GPU. Counters may lie there.
    """
    kind = "GPU" if device == "cuda" else "CPU"
    for variable in variables:
        place = variable.value.device
        if tf.as_dtype(variable.dtype).is_floating and variable.shape and kind not in place:
            raise WorkerError(
                f"TensorFlow {tf.__version__} has put {variable.path} on {place}; expected a "
                f"{kind} for the device {device!r}; check that it is a build for it."
            )


def _leave_cudnn(model: keras.Model) -> None:
    """Let XLA compile recurrent layers from their parts: it cannot compile a call of cuDNN."""
    for layer in model.layers:
        if isinstance(layer, (keras.layers.LSTM, keras.layers.GRU)):
            layer.use_cudnn = False


def _compiled(function: Callable, mode: str, reduce_retracing: bool = False) -> Callable:
    if mode == "eager":
        return function
    # None leaves XLA to TensorFlow, which has it off.
    xla = True if mode == "xla" else None
    return tf.function(function, reduce_retracing=reduce_retracing, jit_compile=xla)


def _exact(logits: tf.Tensor) -> tf.Tensor:
    """The logits for the loss: float32 also where the model computes in bfloat16."""
    return tf.cast(logits, tf.float32) if logits.dtype == tf.bfloat16 else logits


def symbolic_input(shape: tuple[int, ...]) -> keras.KerasTensor:
    """Of an image, from (channels, height, width) to (height, width, channels); of a text."""
    if len(shape) == 3:
        return keras.Input((*shape[1:], shape[0]))
    return keras.Input(shape, dtype="int32")
