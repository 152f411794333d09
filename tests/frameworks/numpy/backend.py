"""NumPy behind the contract of `bench.worker.backend`: the reference, and the template to copy."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from bench.job import Execution
from bench.models import find_model_class
from bench.optimizer import Optimizer
from bench.spec import ModelSpec, arrays_of

from . import optimizers
from . import weights as parameters
from .deviations import Deviations
from .layers import Array, Chain
from .loss import softmax_cross_entropy


class Backend:
    """Trains with hand-written layers, forward and backward, on the CPU.

    It computes in float64, more than the precision that is asked for: it is the
    reference that the others are tested against. `export` returns float64 too.

    The number of threads is read from the environment when NumPy loads.
    """

    version = np.__version__
    unbiased_variance = False
    """Whether batch normalization gathers and uses a running variance with divisor n - 1, as
    PyTorch does; `export` gives the canonical one. Set before the backend is made."""
    deviations = Deviations()
    """Mistakes to make. Set before the backend is made."""

    def __init__(self, spec: ModelSpec, optimizer: Optimizer, execution: Execution) -> None:
        self.manifest = arrays_of(spec)
        unbiased = self.unbiased_variance or self.deviations.unbiased_variance
        deviations = replace(self.deviations, unbiased_variance=unbiased)
        self.model: Chain = find_model_class(spec, __name__)(spec, deviations)
        self.optimizer = optimizers.make(
            optimizer, self.manifest, self.model.parameters, self.deviations
        )
        self.loaded_forgotten: dict[str, np.ndarray] = {}

    def load(self, weights: Mapping[str, np.ndarray]) -> None:
        parameters.load(self.model, self.manifest, weights)
        self.optimizer.forget()
        self._neutralize_forgotten()

    def set_learning_rate(self, learning_rate: float) -> None:
        self.optimizer.learning_rate = learning_rate

    def step(self, inputs: np.ndarray, labels: np.ndarray) -> float:
        loss = self._backward(inputs, labels)
        self.optimizer.step()
        return loss

    def _backward(self, inputs: np.ndarray, labels: np.ndarray) -> float:
        """The summed loss of the batch; the gradients of its mean are in the parameters."""
        loss, gradient = softmax_cross_entropy(self._forward(inputs, training=True), labels)
        if not self.deviations.summed_gradient:
            gradient /= len(labels)
        self.model.backward(gradient)
        if self.deviations.forgotten is not None:
            self.model.parameters[self.deviations.forgotten].gradient[...] = 0
        return loss

    def losses(self, handles: Sequence[float]) -> list[float]:
        return list(handles)

    def evaluate(self, inputs: np.ndarray, labels: np.ndarray) -> tuple[float, int]:
        logits = self._forward(inputs, training=False)
        loss, _ = softmax_cross_entropy(logits, labels)
        return loss, int((logits.argmax(axis=1) == labels).sum())

    def synchronize(self) -> None:
        """Nothing to wait for: NumPy returns when it is done."""

    def mark(self) -> None:
        """None: there is no device with a queue of its own."""

    def seconds_between(self, first: None, last: None) -> float:
        raise NotImplementedError("There are no marks.")

    def memory(self) -> dict[str, int]:
        return {}

    def absent(self) -> dict[str, str]:
        nothing = "NumPy has no allocator of its own."
        return {
            "device_seconds": "On the CPU there is no clock but the host's.",
            "allocator_peak_bytes": nothing,
            "allocator_reserved_bytes": nothing,
        }

    def loader(
        self, inputs: np.ndarray, labels: np.ndarray, order: np.ndarray
    ) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        return ((inputs[rows], labels[rows]) for rows in order)

    def place(self, inputs: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return inputs, labels

    def step_loaded(self, inputs: np.ndarray, labels: np.ndarray) -> float:
        return self.step(inputs, labels)

    def logits(self, inputs: np.ndarray, training: bool) -> np.ndarray:
        return self._forward(inputs, training)

    def gradients(self, inputs: np.ndarray, labels: np.ndarray) -> dict[str, np.ndarray]:
        self._backward(inputs, labels)
        gradients = {name: one.gradient.copy() for name, one in self.model.parameters.items()}
        return parameters.without_hidden(gradients)

    def export(self) -> dict[str, np.ndarray]:
        canonical = not self.deviations.unbiased_variance
        arrays = parameters.export(self.model, self.manifest, canonical)
        return arrays | {name: one.copy() for name, one in self.loaded_forgotten.items()}

    def slots(self) -> dict[str, dict[str, np.ndarray]]:
        slots = self.optimizer.slots().items()
        return {slot: parameters.without_hidden(arrays) for slot, arrays in slots}

    def _forward(self, inputs: np.ndarray, training: bool) -> Array:
        return self.model.forward(inputs.astype(np.float64), training)

    def _neutralize_forgotten(self) -> None:
        """Make the forgotten parameter, if any, what does nothing."""
        for param in self.manifest:
            if param.name == self.deviations.forgotten:
                array = self.model.parameters[param.name].value
                self.loaded_forgotten[param.name] = array.copy()
                array[...] = 1 if param.kind == "scale" else 0
