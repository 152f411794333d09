"""A framework that computes nothing: with it, a run of the suite takes seconds.

Its numbers follow from the weights and the steps alone, so that two runs of the same trial agree in
all but times.
"""

import time
from collections.abc import Mapping, Sequence

import numpy as np

from bench.job import Execution
from bench.optimizer import Optimizer
from bench.spec import ModelSpec

from .lenet import LeNet

MODELS = {"lenet": LeNet}
STEP_SECONDS = 0.0005


class Backend:
    """Takes steps by counting them."""

    version = "1.0"

    def __init__(self, spec: ModelSpec, optimizer: Optimizer, execution: Execution) -> None:
        self.model = MODELS[spec.family]()

    def load(self, weights: Mapping[str, np.ndarray]) -> None:
        self.model.load(weights)

    def set_learning_rate(self, learning_rate: float) -> None:
        """It has none."""

    def step(self, inputs: np.ndarray, labels: np.ndarray) -> float:
        time.sleep(STEP_SECONDS)
        self.model.steps += 1
        return self.model.loss(len(labels))

    def losses(self, handles: Sequence[float]) -> list[float]:
        return list(handles)

    def evaluate(self, inputs: np.ndarray, labels: np.ndarray) -> tuple[float, int]:
        return self.model.loss(len(labels), ahead=1), int((labels == 1).sum())

    def synchronize(self) -> None:
        """It never has anything left to do."""

    def mark(self) -> None:
        """It has no clock of its own."""

    def seconds_between(self, first: None, last: None) -> float:
        raise NotImplementedError("There is no clock but the host's.")

    def memory(self) -> dict[str, int]:
        return {}

    def absent(self) -> dict[str, str]:
        return {}
