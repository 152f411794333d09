"""Stochastic gradient descent with momentum, as `bench.spec.Optimizer` defines it."""

from collections.abc import Iterable

import numpy as np

from .layers import Parameter


class SGD:
    """Keeps one velocity for each parameter, zero at first."""

    def __init__(
        self, parameters: Iterable[Parameter], learning_rate: float, momentum: float
    ) -> None:
        self.learning_rate = learning_rate
        self.momentum = momentum
        self.moving = [(parameter, np.zeros_like(parameter.value)) for parameter in parameters]

    def step(self) -> None:
        """Update every parameter by its gradient."""
        for parameter, velocity in self.moving:
            velocity *= self.momentum
            velocity += parameter.gradient
            parameter.value -= self.learning_rate * velocity
