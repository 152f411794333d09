"""Sequences: LSTM, the embedding of words, and what is before and after."""

from dataclasses import dataclass

import numpy as np

from bench.spec import GATES

from .layers import Array, Layer, Parameter


@dataclass
class Step:
    """What one step of an LSTM keeps for its gradient; every array is (N, U)."""

    cell_before: Array
    input: Array
    forget: Array
    candidate: Array
    output: Array
    cell_tanh: Array


class LSTMLayer(Layer):
    """All hidden states (N, T, U) of an LSTM over (N, T, F), which starts from zeros.

        i, f, g, o = W x + U h + b
        c = sigmoid(f) * c + sigmoid(i) * tanh(g)
        h = sigmoid(o) * tanh(c)

    Args:
        gate_order: of the rows of both kernels and the bias, by the letters above.
        forget_bias: added to f beside the bias.
        second_bias: whether there is another trainable bias, which starts at zero.
    """

    def __init__(
        self,
        inputs: int,
        units: int,
        gate_order: str = "ifgo",
        forget_bias: float = 0.0,
        second_bias: bool = False,
    ) -> None:
        rows = GATES * units
        self.input_weight = Parameter.of_shape(rows, inputs)
        self.recurrent_weight = Parameter.of_shape(rows, units)
        self.bias = Parameter.of_shape(rows)
        self.second_bias = Parameter.of_shape(rows) if second_bias else None
        self.gate_order = gate_order
        self.forget_bias = forget_bias

    @property
    def parameters(self) -> dict[str, Parameter]:
        parameters = {
            "input_weight": self.input_weight,
            "recurrent_weight": self.recurrent_weight,
            "bias": self.bias,
        }
        if self.second_bias is not None:
            parameters["second_bias"] = self.second_bias
        return parameters

    def forward(self, x: Array, training: bool) -> Array:
        self.x = x
        samples, steps, _ = x.shape
        units = self.recurrent_weight.value.shape[1]
        # The inputs' part of the gates, of all steps at once: (N, T, 4 * U).
        projected = x @ self.input_weight.value.T + self.bias.value
        if self.second_bias is not None:
            projected += self.second_bias.value
        self.steps: list[Step] = []
        self.hidden = np.zeros((samples, steps, units))
        hidden, cell = np.zeros((samples, units)), np.zeros((samples, units))
        for t in range(steps):
            gates = projected[:, t] + hidden @ self.recurrent_weight.value.T
            hidden, cell = self._step(gates, cell)
            self.hidden[:, t] = hidden
        return self.hidden

    def backward(self, gradient: Array) -> Array:
        samples, steps, units = gradient.shape
        by_gates = np.zeros((samples, steps, GATES * units))
        by_hidden, by_cell = np.zeros((samples, units)), np.zeros((samples, units))
        for t in reversed(range(steps)):
            by_gates[:, t], by_cell = self._step_back(
                self.steps[t], gradient[:, t] + by_hidden, by_cell
            )
            by_hidden = by_gates[:, t] @ self.recurrent_weight.value
        self._set_gradients(by_gates)
        return by_gates @ self.input_weight.value  # (N, T, F)

    def _step(self, gates: Array, cell: Array) -> tuple[Array, Array]:
        """The hidden state and the cell after a step, from its gates (N, 4 * U)."""
        gate = dict(zip(self.gate_order, np.split(gates, GATES, axis=1), strict=True))
        i, f, o = sigmoid(gate["i"]), sigmoid(gate["f"] + self.forget_bias), sigmoid(gate["o"])
        g: Array = np.tanh(gate["g"])
        new_cell = f * cell + i * g
        cell_tanh: Array = np.tanh(new_cell)
        self.steps.append(Step(cell, i, f, g, o, cell_tanh))
        return o * cell_tanh, new_cell

    def _step_back(self, step: Step, by_hidden: Array, by_cell: Array) -> tuple[Array, Array]:
        """The gradients of a step's gates and of the cell before it."""
        by_cell = by_cell + by_hidden * step.output * (1 - step.cell_tanh**2)
        by_gate = {
            "i": by_cell * step.candidate * step.input * (1 - step.input),
            "f": by_cell * step.cell_before * step.forget * (1 - step.forget),
            "g": by_cell * step.input * (1 - step.candidate**2),
            "o": by_hidden * step.cell_tanh * step.output * (1 - step.output),
        }
        gates = np.concatenate([by_gate[letter] for letter in self.gate_order], axis=1)
        return gates, by_cell * step.forget

    def _set_gradients(self, by_gates: Array) -> None:
        """From the gradient of all gates, (N, T, 4 * U)."""
        self.input_weight.gradient = over_steps(by_gates, self.x)
        # The first step's hidden state was zero.
        self.recurrent_weight.gradient = over_steps(by_gates[:, 1:], self.hidden[:, :-1])
        self.bias.gradient = by_gates.sum(axis=(0, 1))
        if self.second_bias is not None:
            self.second_bias.gradient = self.bias.gradient.copy()


class Embedding(Layer):
    """A trained vector for each token: (N, T) of integers to (N, T, F)."""

    def __init__(self, vocabulary: int, size: int) -> None:
        self.weight = Parameter.of_shape(vocabulary, size)

    @property
    def parameters(self) -> dict[str, Parameter]:
        return {"weight": self.weight}

    def forward(self, x: Array, training: bool) -> Array:
        self.tokens = x.astype(np.intp)
        return self.weight.value[self.tokens]

    def backward(self, gradient: Array) -> Array:
        self.weight.gradient = np.zeros_like(self.weight.value)
        np.add.at(self.weight.gradient, self.tokens, gradient)
        return np.zeros(self.tokens.shape)  # nothing depends on a token's number


class Rows(Layer):
    """The rows of an image with one channel as a sequence: (N, 1, T, F) to (N, T, F)."""

    def forward(self, x: Array, training: bool) -> Array:
        return x[:, 0]

    def backward(self, gradient: Array) -> Array:
        return gradient[:, None]


class LastStep(Layer):
    """The last of the hidden states: (N, T, U) to (N, U)."""

    def forward(self, x: Array, training: bool) -> Array:
        self.shape = x.shape
        return x[:, -1]

    def backward(self, gradient: Array) -> Array:
        whole = np.zeros(self.shape)
        whole[:, -1] = gradient
        return whole


def sigmoid(x: Array) -> Array:
    """1 / (1 + exp(-x)), in which no exponential overflows."""
    result: Array = np.exp(-np.logaddexp(0, -x))
    return result


def over_steps(by_gates: Array, x: Array) -> Array:
    """The gradient of a kernel that made gates (N, T, 4 * U) of `x` (N, T, any)."""
    rows, columns = by_gates.shape[2], x.shape[2]
    return by_gates.reshape(-1, rows).T @ x.reshape(-1, columns)
