"""MXNet Gluon behind the contract of `bench.worker.backend`."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon
from mxnet.ndarray import NDArray

from bench.job import Execution
from bench.models import find_model_class
from bench.optimizer import Optimizer
from bench.spec import ModelSpec, arrays_of

from . import optimizers
from . import weights as parameters

DTYPES = {"ieee": "float32", "float64": "float64"}


class Backend:
    """Trains with Gluon blocks and a Trainer; in mode `compiled` the blocks are hybridised.

    The number of threads is read from OMP_NUM_THREADS when the library loads. What copies to
    NumPy (logits, gradients, export, slots) slows later steps, and is for `verify` alone.
    """

    version = mx.__version__

    def __init__(self, spec: ModelSpec, optimizer: Optimizer, execution: Execution) -> None:
        execution.check_knobs(())
        self.context = mx.gpu() if execution.device == "cuda" else mx.cpu()
        self.model = find_model_class(spec, __name__)(spec)
        self.model.cast(DTYPES[execution.precision])
        self.arrays = parameters.find_arrays(self.model, arrays_of(spec))
        self.model.initialize(ctx=self.context)
        self.trained = {param.name: self.arrays.by_name[param.name] for param in spec.parameters()}
        self.criterion = gluon.loss.SoftmaxCrossEntropyLoss()  # of each sample
        if execution.mode == "compiled":
            self.model.hybridize(static_alloc=True, static_shape=True)
            self.criterion.hybridize(static_alloc=True, static_shape=True)
        self.make_trainer = partial(optimizers.make, optimizer, spec.parameters(), self.trained)
        self.trainer = self.make_trainer()
        self.loaded: Mapping[str, np.ndarray] = {}
        self.steps = self.batch_size = 0
        self.dataset: gluon.data.ArrayDataset | None = None

    def load(self, weights: Mapping[str, np.ndarray]) -> None:
        parameters.load(self.arrays, weights)
        # What a trainer has gathered goes with it; the learning rate stays.
        learning_rate = self.trainer.learning_rate
        self.trainer = self.make_trainer()
        self.trainer.set_learning_rate(learning_rate)
        self.loaded, self.steps = weights, 0

    def set_learning_rate(self, learning_rate: float) -> None:
        optimizers.set_learning_rate(self.trainer, learning_rate)

    def step(self, inputs: np.ndarray, labels: np.ndarray) -> NDArray:
        return self.step_loaded(self._to_device(inputs), self._to_device(labels))

    def place(self, inputs: np.ndarray, labels: np.ndarray) -> tuple[NDArray, NDArray]:
        return self._to_device(inputs), self._to_device(labels)

    def step_loaded(self, x: NDArray, y: NDArray) -> NDArray:
        loss = self._backward(x.as_in_context(self.context), y.as_in_context(self.context))
        self.trainer.step(len(y))
        return loss

    def loader(
        self, inputs: np.ndarray, labels: np.ndarray, order: np.ndarray
    ) -> Iterator[tuple[NDArray, NDArray]]:
        if self.dataset is None:
            # Mapped files: a copy in memory, as users have it.
            self.dataset = gluon.data.ArrayDataset(np.array(inputs), np.array(labels))
        return iter(gluon.data.DataLoader(self.dataset, batch_sampler=order.tolist()))

    def _backward(self, x: NDArray, y: NDArray) -> NDArray:
        """The loss of each sample; the gradients of their sum are in the parameters."""
        with autograd.record():
            loss = self.criterion(self.model(x), y)  # (N,)
        loss.backward()
        self.steps, self.batch_size = self.steps + 1, len(y)
        return loss

    def losses(self, handles: Sequence[NDArray]) -> list[float]:
        return [handle.asnumpy().sum(dtype=np.float64).item() for handle in handles]

    def evaluate(self, inputs: np.ndarray, labels: np.ndarray) -> tuple[float, int]:
        x, y = self._to_device(inputs), self._to_device(labels)
        logits = self.model(x)
        correct = (logits.argmax(axis=1).astype(y.dtype) == y).sum()
        loss = self.criterion(logits, y).sum()
        return loss.asscalar().item(), int(correct.asscalar())

    def synchronize(self) -> None:
        mx.nd.waitall()

    def mark(self) -> None:
        """None: MXNet has no events in the device's queue."""

    def memory(self) -> dict[str, int]:
        return {}

    def absent(self) -> dict[str, str]:
        nothing = "MXNet 1.9.1 tells nothing of its allocator."
        return {
            "device_seconds": "MXNet 1.9.1 has no events in the device's queue.",
            "allocator_peak_bytes": nothing,
            "allocator_reserved_bytes": nothing,
        }

    def logits(self, inputs: np.ndarray, training: bool) -> np.ndarray:
        with autograd.train_mode() if training else autograd.predict_mode():
            logits = self.model(self._to_device(inputs))
        return parameters.to_numpy(logits)

    def gradients(self, inputs: np.ndarray, labels: np.ndarray) -> dict[str, np.ndarray]:
        self._backward(self._to_device(inputs), self._to_device(labels))
        gradients = {
            name: parameters.to_numpy(one.grad()) / len(labels)
            for name, one in self.trained.items()
        }
        return self.arrays.to_canonical(gradients)

    def export(self) -> dict[str, np.ndarray]:
        native = {
            name: parameters.to_numpy(one.data()) for name, one in self.arrays.by_name.items()
        }
        arrays = self.arrays.to_canonical(native)
        # MXNet's own variance, on the CPU, has the divisor n. On a GPU cuDNN makes it, with n - 1
        # by its manual: that was never run, for 1.9.1 has no code for the GPUs we have.
        on_gpu = self.context.device_type == "gpu"
        for param in self.arrays.manifest:
            if param.kind == "running variance" and self.steps > 0 and on_gpu:
                array, initial = arrays[param.name], self.loaded[param.name]
                array = param.with_divisor_n(array, initial, self.steps, self.batch_size)
                arrays[param.name] = array
        return arrays

    def slots(self) -> dict[str, dict[str, np.ndarray]]:
        slots = optimizers.slots(self.trainer, self.trained)
        return {slot: self.arrays.to_canonical(arrays) for slot, arrays in slots.items()}

    def _to_device(self, array: np.ndarray) -> NDArray:
        # Without a copy on the CPU. mx.nd.array copies 200,000 values and more with OpenMP in
        # this thread, a second team beside the engine's, and every later step is slower: LeNet's
        # went from 2.1 to 5.7 ms after one evaluation of 356 images (docs/findings.md).
        return mx.nd.from_numpy(array).as_in_context(self.context)
