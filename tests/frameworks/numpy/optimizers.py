"""The rules of `bench.optimizer.Optimizer`."""

from collections.abc import Collection, Mapping, Sequence

import numpy as np

from bench.optimizer import Optimizer
from bench.spec import Param

from .deviations import NONE, Deviations
from .layers import Array, Parameter


class Rule:
    """Weight decay, which the rules have in common, and the slots that they gather in.

    Args:
        parameters: all that is trained, by name.
        decaying: names of those with weight decay.
        decoupled: whether decay is beside the gradient instead of in it.
    """

    def __init__(
        self,
        parameters: Mapping[str, Parameter],
        learning_rate: float,
        weight_decay: float = 0.0,
        decaying: Collection[str] = (),
        decoupled: bool = False,
    ) -> None:
        self.parameters = dict(parameters)
        self.learning_rate = learning_rate
        self.weight_decay = weight_decay
        self.decaying = frozenset(decaying)
        self.decoupled = decoupled
        self.forget()

    def forget(self) -> None:
        """Begin anew: slots of zeros."""
        raise NotImplementedError

    def slots(self) -> dict[str, dict[str, Array]]:
        """Copies of what has been gathered, by slot and parameter."""
        raise NotImplementedError

    def step(self) -> None:
        """Update every parameter by its gradient."""
        for name, parameter in self.parameters.items():
            gradient = parameter.gradient
            if name in self.decaying and self.decoupled:
                parameter.value *= 1 - self.learning_rate * self.weight_decay
            elif name in self.decaying:
                gradient = gradient + self.weight_decay * parameter.value
            parameter.value -= self._distance(name, gradient)

    def _distance(self, name: str, gradient: Array) -> Array:
        """Gather the gradient of a parameter; returns how far the parameter goes against it."""
        raise NotImplementedError

    def _zeros(self) -> dict[str, Array]:
        return {name: np.zeros_like(one.value) for name, one in self.parameters.items()}


class SGD(Rule):
    """Stochastic gradient descent with momentum, the learning rate outside the velocity."""

    def __init__(
        self,
        parameters: Mapping[str, Parameter],
        learning_rate: float,
        momentum: float = 0.0,
        weight_decay: float = 0.0,
        decaying: Collection[str] = (),
        decoupled: bool = False,
        nesterov: bool = False,
    ) -> None:
        super().__init__(parameters, learning_rate, weight_decay, decaying, decoupled)
        self.momentum = momentum
        self.nesterov = nesterov

    def forget(self) -> None:
        self.velocity = self._zeros()

    def slots(self) -> dict[str, dict[str, Array]]:
        return {"velocity": _copied(self.velocity)}

    def _distance(self, name: str, gradient: Array) -> Array:
        return self.learning_rate * self._moved(name, gradient)

    def _moved(self, name: str, addend: Array) -> Array:
        """Add to the velocity, and return it or, with Nesterov's method, the one a step later."""
        velocity = self.velocity[name]
        velocity *= self.momentum
        velocity += addend
        return addend + self.momentum * velocity if self.nesterov else velocity


class SGDInside(SGD):
    """The same with the learning rate inside: another algorithm where it changes."""

    def slots(self) -> dict[str, dict[str, Array]]:
        velocity = {name: one / self.learning_rate for name, one in self.velocity.items()}
        return {"velocity": velocity}

    def _distance(self, name: str, gradient: Array) -> Array:
        return self._moved(name, self.learning_rate * gradient)


class Adam(Rule):
    """Algorithm 1 of Kingma and Ba 2015; `uncorrected` has epsilon as in their section 2."""

    def __init__(
        self,
        parameters: Mapping[str, Parameter],
        learning_rate: float,
        beta1: float = 0.9,
        beta2: float = 0.999,
        epsilon: float = 1e-8,
        weight_decay: float = 0.0,
        decaying: Collection[str] = (),
        decoupled: bool = False,
        uncorrected: bool = False,
    ) -> None:
        super().__init__(parameters, learning_rate, weight_decay, decaying, decoupled)
        self.beta1 = beta1
        self.beta2 = beta2
        self.epsilon = epsilon
        self.uncorrected = uncorrected

    def forget(self) -> None:
        self.first, self.second = self._zeros(), self._zeros()
        self.steps = 0

    def slots(self) -> dict[str, dict[str, Array]]:
        return {"first moment": _copied(self.first), "second moment": _copied(self.second)}

    def step(self) -> None:
        self.steps += 1
        super().step()

    def _distance(self, name: str, gradient: Array) -> Array:
        first, second = self.first[name], self.second[name]
        first[...] = self.beta1 * first + (1 - self.beta1) * gradient
        second[...] = self.beta2 * second + (1 - self.beta2) * gradient**2
        correction = float(np.sqrt(1 - self.beta2**self.steps))
        # Over the corrected root: the same as beside it, with epsilon divided.
        epsilon = self.epsilon / correction if self.uncorrected else self.epsilon
        corrected = first / (1 - self.beta1**self.steps)
        distance: Array = self.learning_rate * corrected / (np.sqrt(second) / correction + epsilon)
        return distance


def make(
    optimizer: Optimizer,
    manifest: Sequence[Param],
    parameters: Mapping[str, Parameter],
    deviations: Deviations = NONE,
) -> Rule:
    """The rule for the parameters of a model; weight decay for kernels only."""
    decay = optimizer.weight_decay
    decaying = _decaying(manifest, parameters, deviations)
    decoupled = deviations.decoupled_weight_decay
    rate = optimizer.learning_rate
    if optimizer.name == "adam":
        epsilon = optimizer.epsilon if deviations.adam_epsilon is None else deviations.adam_epsilon
        return Adam(
            parameters,
            rate,
            optimizer.beta1,
            optimizer.beta2,
            epsilon,
            decay,
            decaying,
            decoupled,
            deviations.epsilon_uncorrected,
        )
    rule = SGDInside if deviations.learning_rate_inside_momentum else SGD
    return rule(
        parameters, rate, optimizer.momentum, decay, decaying, decoupled, deviations.nesterov
    )


def _decaying(
    manifest: Sequence[Param], parameters: Mapping[str, Parameter], deviations: Deviations
) -> set[str]:
    """Names of the parameters with weight decay."""
    if deviations.no_weight_decay:
        return set()
    if deviations.decay_everything:
        names = set(parameters)
    else:
        names = {param.name for param in manifest if param.decays}
    return names - {deviations.forgotten}


def _copied(arrays: Mapping[str, Array]) -> dict[str, Array]:
    return {name: array.copy() for name, array in arrays.items()}
