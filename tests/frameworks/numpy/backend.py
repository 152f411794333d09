"""NumPy behind the contract of `bench.worker.backend`: the reference, and the template to copy."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from bench.job import Execution
from bench.optimizer import Optimizer
from bench.spec import ModelSpec

from . import weights as parameters
from .layers import Array
from .lenet import LeNet
from .loss import softmax_cross_entropy
from .sgd import SGD

MODELS: dict[str, type[Any]] = {"lenet": LeNet}


class Backend:
    """Trains with hand-written layers, forward and backward, on the CPU.

    It computes in float64, more than the precision that is asked for: it is the
    reference that the others are tested against. `export` returns float64 too.

    The number of threads is read from the environment when NumPy loads.
    """

    version = np.__version__
    dtype = np.dtype(np.float64)

    def __init__(self, spec: ModelSpec, optimizer: Optimizer, execution: Execution) -> None:
        self.manifest = spec.parameters()
        self.model: LeNet = MODELS[spec.family](spec)
        self.optimizer = SGD(
            self.model.parameters().values(), optimizer.learning_rate, optimizer.momentum
        )

    def load(self, weights: Mapping[str, np.ndarray]) -> None:
        parameters.load(self.model, self.manifest, weights)

    def step(self, images: np.ndarray, labels: np.ndarray) -> float:
        loss, gradient = softmax_cross_entropy(self._logits(images), labels)
        self.model.backward(gradient / len(labels))  # from the sum to the mean
        self.optimizer.step()
        return loss

    def losses(self, handles: Sequence[float]) -> list[float]:
        return list(handles)

    def evaluate(self, images: np.ndarray, labels: np.ndarray) -> tuple[float, int]:
        logits = self._logits(images)
        loss, _ = softmax_cross_entropy(logits, labels)
        return loss, int((logits.argmax(axis=1) == labels).sum())

    def export(self) -> dict[str, np.ndarray]:
        return parameters.export(self.model)

    def synchronize(self) -> None:
        """Nothing to wait for: NumPy returns when it is done."""

    def memory(self) -> dict[str, int]:
        # NumPy has no allocator of its own.
        return {}

    def _logits(self, images: np.ndarray) -> Array:
        return self.model.forward(images.astype(self.dtype))
