"""JAX with Flax NNX and Optax behind the contract of `bench.worker.backend`."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import nnx

from bench.errors import WorkerError
from bench.job import Execution
from bench.models import find_model_class
from bench.optimizer import Optimizer
from bench.spec import ModelSpec, arrays_of

from . import optimizers
from . import weights as parameters
from .cudnn import use_cudnn
from .types import product_precision, types_of

DROPOUT_SEED = 0
KNOBS = ("cudnn_lstm",)
PLATFORMS = {"cpu": ("cpu",), "cuda": ("gpu", "cuda")}
# Counters of JAX's allocator, by our names.
ALLOCATOR = {
    "bytes_in_use": "allocator_bytes",
    "peak_bytes_in_use": "allocator_peak_bytes",
    "peak_pool_bytes": "allocator_reserved_bytes",
}


class Backend:
    """Trains with one jax.jit for the whole step, which updates the weights in place.

    The model is taken apart into its arrays once, and not at every step as nnx.jit does it: for a
    small model that takes longer than its arithmetic (Flax's guide to performance).
    """

    version = jax.__version__

    def __init__(self, spec: ModelSpec, optimizer: Optimizer, execution: Execution) -> None:
        execution.check_knobs(KNOBS)
        # Of all that is traced from here on.
        jax.config.update("jax_enable_x64", execution.precision == "float64")
        jax.config.update("jax_default_matmul_precision", product_precision(execution.precision))
        self.device = device_of(execution)
        self.types = types_of(execution.precision)

        model_class = find_model_class(spec, __name__)

        def model() -> nnx.Module:
            module = model_class(spec, self.types, nnx.Rngs(DROPOUT_SEED))
            if execution.knobs.get("cudnn_lstm", False):
                use_cudnn(module)
            return module

        # Shapes only: to draw values that `load` replaces, XLA would compile for seconds.
        self.graph, self.trained, statistics, _ = _parts(nnx.eval_shape(model))
        self.kept = [statistics, jax.jit(lambda: _parts(model())[-1])()]
        states = (self.trained, statistics)
        self.arrays = parameters.find_arrays(model_class, states, arrays_of(spec))
        self.set_optimizer(optimizer)
        self._differentiate = jax.jit(jax.value_and_grad(self._loss, has_aux=True))
        self._test = jax.jit(self._test_step)
        self._forward = jax.jit(self._logits, static_argnames="training")
        self._gather = jax.jit(lambda data, rows: (data[0][rows], data[1][rows]))
        self.data: tuple[jax.Array, jax.Array] | None = None

    def set_optimizer(self, optimizer: Optimizer) -> None:
        self.optimizer = optimizers.make(optimizer, self.arrays)
        self.learning_rate = optimizer.learning_rate
        self.gathered: optax.OptState | None = None
        # A step of its own for each optimizer: JAX keeps what it has traced by function.
        step = partial(self._train_step, self.optimizer)
        self._train = jax.jit(step, donate_argnums=(0, 1, 2))

    def load(self, weights: Mapping[str, np.ndarray]) -> None:
        statistics, counters = self.kept
        self.trained, statistics = parameters.load(
            self.arrays, (self.trained, statistics), weights, self.types["param_dtype"]
        )
        self.kept = [statistics, counters]
        self.gathered = jax.jit(self.optimizer.init)(self.trained)
        self.set_learning_rate(self.learning_rate)

    def set_learning_rate(self, learning_rate: float) -> None:
        self.learning_rate = learning_rate
        self.gathered = optimizers.with_learning_rate(self.gathered, learning_rate)

    def step(
        self, inputs: np.ndarray | jax.Array, labels: np.ndarray | jax.Array
    ) -> tuple[jax.Array, int]:
        self.trained, self.kept, self.gathered, mean = self._train(
            self.trained, self.kept, self.gathered, inputs, labels
        )
        return mean, len(labels)

    def loader(
        self, inputs: np.ndarray, labels: np.ndarray, order: np.ndarray
    ) -> Iterator[tuple[jax.Array, jax.Array]]:
        """From a copy on the device, by indices: JAX has no loader, and its examples do so."""
        if self.data is None:
            self.data = jnp.array(inputs), jnp.array(labels)
        for rows in order:
            yield self._gather(self.data, rows)

    def place(self, inputs: np.ndarray, labels: np.ndarray) -> tuple[jax.Array, jax.Array]:
        # `synchronize` waits for what is trained, and not for these.
        return jax.block_until_ready(jax.device_put((inputs, labels), self.device))

    def step_loaded(self, inputs: jax.Array, labels: jax.Array) -> tuple[jax.Array, int]:
        return self.step(inputs, labels)

    def _train_step(
        self,
        optimizer: optax.GradientTransformation,
        trained: nnx.State,
        kept: list[nnx.State],
        gathered: optax.OptState,
        inputs: jax.Array,
        labels: jax.Array,
    ) -> tuple[nnx.State, list[nnx.State], optax.OptState, jax.Array]:
        differentiate = jax.value_and_grad(self._loss, has_aux=True)
        (mean, kept), gradients = differentiate(trained, kept, inputs, labels)
        updates, gathered = optimizer.update(gradients, gathered, trained)
        return optax.apply_updates(trained, updates), kept, gathered, mean

    def _loss(
        self, trained: nnx.State, kept: list[nnx.State], inputs: jax.Array, labels: jax.Array
    ) -> tuple[jax.Array, list[nnx.State]]:
        """The mean loss of the batch, and what the model keeps after it."""
        logits, kept = self._logits(trained, kept, inputs, training=True)
        losses = optax.softmax_cross_entropy_with_integer_labels(_exact(logits), labels)
        return losses.mean(), kept

    def _logits(
        self, trained: nnx.State, kept: list[nnx.State], inputs: jax.Array, training: bool
    ) -> tuple[jax.Array, list[nnx.State]]:
        model = nnx.merge(self.graph, trained, *kept)
        model.train() if training else model.eval()
        logits = model(inputs)
        _, _, *kept = _parts(model)
        return logits, kept

    def losses(self, handles: Sequence[tuple[jax.Array, int]]) -> list[float]:
        means = jax.device_get([mean for mean, _ in handles])
        return [float(mean) * samples for mean, (_, samples) in zip(means, handles, strict=True)]

    def evaluate(self, inputs: np.ndarray, labels: np.ndarray) -> tuple[float, int]:
        loss, correct = self._test(self.trained, self.kept, inputs, labels)
        return float(loss), int(correct)

    def _test_step(
        self, trained: nnx.State, kept: list[nnx.State], inputs: jax.Array, labels: jax.Array
    ) -> tuple[jax.Array, jax.Array]:
        logits, _ = self._logits(trained, kept, inputs, training=False)
        losses = optax.softmax_cross_entropy_with_integer_labels(_exact(logits), labels)
        return losses.sum(), (logits.argmax(axis=1) == labels).sum()

    def synchronize(self) -> None:
        jax.block_until_ready((self.trained, self.kept, self.gathered))

    def mark(self) -> None:
        """None: JAX has no events in the device's queue."""

    def memory(self) -> dict[str, int]:
        found = self.device.memory_stats() or {}  # None on a CPU
        return {ours: int(found[name]) for name, ours in ALLOCATOR.items() if name in found}

    def absent(self) -> dict[str, str]:
        if self.device.platform != "cpu":
            known = self.memory()
            untold = [name for name in ALLOCATOR.values() if name not in known]
            return {
                "device_seconds": "JAX has no events in the device's queue.",
                **dict.fromkeys(untold, "JAX's allocator on this device does not tell it."),
            }
        return {
            "device_seconds": "On the CPU there is no clock but the host's.",
            "allocator_peak_bytes": "JAX counts what its allocator gives out on GPUs only.",
            "allocator_reserved_bytes": "JAX counts what its allocator takes on GPUs only.",
        }

    def logits(self, inputs: np.ndarray, training: bool) -> np.ndarray:
        logits, kept = self._forward(self.trained, self.kept, inputs, training=training)
        self.kept = kept
        return np.array(logits)

    def gradients(self, inputs: np.ndarray, labels: np.ndarray) -> dict[str, np.ndarray]:
        (_, self.kept), gradients = self._differentiate(self.trained, self.kept, inputs, labels)
        return parameters.canonical(self.arrays, gradients)

    def export(self) -> dict[str, np.ndarray]:
        return parameters.canonical(self.arrays, (self.trained, self.kept[0]))

    def slots(self) -> dict[str, dict[str, np.ndarray]]:
        return optimizers.slots(self.gathered, self.arrays)


def device_of(execution: Execution) -> jax.Device:
    """Return the device on which JAX puts all that it is not told where to put.

    JAX chooses by itself, and is held to what was asked for.

    Raises:
        WorkerError: it is of another kind than the execution's, or there is none.
    """
    try:
        device = jax.devices()[0]
    except (AssertionError, RuntimeError) as error:
        # A build for the CPU that is told to use a GPU fails an assertion, without a word.
        lines = str(error).splitlines() or ["it does not say why; it may be a build for the CPU"]
        raise _none(execution, lines[0]) from error
    if device.platform not in PLATFORMS[execution.device]:
        raise _none(execution, f"it would compute on {device}")
    return device


def _none(execution: Execution, reason: str) -> WorkerError:
    return WorkerError(
        f"JAX {jax.__version__} finds no device of the kind {execution.device!r} ({reason}); "
        "expected one; install JAX for it, or check JAX_PLATFORMS."
    )


def _parts(model: nnx.Module) -> tuple[nnx.GraphDef, nnx.State, nnx.State, nnx.State]:
    """Structure, what is trained, what normalization keeps, and the counters of random numbers.

    The states hold plain arrays: JAX goes through these at every step, and through NNX's variables
    it takes six times as long.
    """
    graph, *states = nnx.split(model, nnx.Param, nnx.BatchStat, ...)
    return graph, *map(nnx.as_pure, states)


def _exact(logits: jax.Array) -> jax.Array:
    """The logits for the loss: float32 also where the model computes in bfloat16."""
    return logits.astype(jnp.promote_types(logits.dtype, jnp.float32))
