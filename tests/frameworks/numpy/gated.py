"""Sequences: GRU."""

from dataclasses import dataclass

import numpy as np

from bench.spec import GRU_GATES

from .layers import Array, Layer, Parameter
from .recurrent import over_steps, sigmoid


@dataclass
class Step:
    """What one step of a GRU keeps for its gradient; every array is (N, U)."""

    before: Array
    reset: Array
    update: Array
    new: Array
    recurrent_new: Array


class GRULayer(Layer):
    """All hidden states (N, T, U) of a GRU over (N, T, F), which starts from zeros.

    r, z, n = W x + b
    r, z = sigmoid(r + U_r h), sigmoid(z + U_z h)
    h = (1 - z) * tanh(n + r * (U_n h)) + z * h
    """

    def __init__(self, inputs: int, units: int) -> None:
        rows = GRU_GATES * units
        self.input_weight = Parameter.of_shape(rows, inputs)
        self.recurrent_weight = Parameter.of_shape(rows, units)
        self.bias = Parameter.of_shape(rows)

    @property
    def parameters(self) -> dict[str, Parameter]:
        return {
            "input_weight": self.input_weight,
            "recurrent_weight": self.recurrent_weight,
            "bias": self.bias,
        }

    def forward(self, x: Array, training: bool) -> Array:
        self.x = x
        samples, steps, _ = x.shape
        units = self.recurrent_weight.value.shape[1]
        projected = x @ self.input_weight.value.T + self.bias.value  # (N, T, 3 * U)
        self.steps: list[Step] = []
        self.hidden = np.zeros((samples, steps, units))
        hidden = np.zeros((samples, units))
        for t in range(steps):
            hidden = self._step(projected[:, t], hidden)
            self.hidden[:, t] = hidden
        return self.hidden

    def _step(self, projected: Array, before: Array) -> Array:
        """The hidden state after a step, from the inputs' part of its gates."""
        recurrent = before @ self.recurrent_weight.value.T
        (r, z, n), (hr, hz, hn) = (
            np.split(part, GRU_GATES, axis=1) for part in (projected, recurrent)
        )
        reset, update = sigmoid(r + hr), sigmoid(z + hz)
        new: Array = np.tanh(n + reset * hn)
        self.steps.append(Step(before, reset, update, new, hn))
        return (1 - update) * new + update * before

    def backward(self, gradient: Array) -> Array:
        samples, steps, units = gradient.shape
        by_inputs = np.zeros((samples, steps, GRU_GATES * units))
        by_recurrent = np.zeros_like(by_inputs)
        by_hidden = np.zeros((samples, units))
        for t in reversed(range(steps)):
            step, by_state = self.steps[t], gradient[:, t] + by_hidden
            by_new = by_state * (1 - step.update) * (1 - step.new**2)
            by_reset = by_new * step.recurrent_new * step.reset * (1 - step.reset)
            by_update = by_state * (step.before - step.new) * step.update * (1 - step.update)
            by_inputs[:, t] = np.concatenate([by_reset, by_update, by_new], axis=1)
            by_recurrent[:, t] = np.concatenate([by_reset, by_update, by_new * step.reset], axis=1)
            by_hidden = by_state * step.update + by_recurrent[:, t] @ self.recurrent_weight.value
        self.input_weight.gradient = over_steps(by_inputs, self.x)
        # The first step's hidden state was zero.
        self.recurrent_weight.gradient = over_steps(by_recurrent[:, 1:], self.hidden[:, :-1])
        self.bias.gradient = by_inputs.sum(axis=(0, 1))
        return by_inputs @ self.input_weight.value  # (N, T, F)
