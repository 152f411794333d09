"""How weights are updated: one canonical rule for each optimizer. Standard library only."""

from dataclasses import dataclass
from typing import Literal, get_args

Rule = Literal["sgd", "adam"]
RULES: tuple[Rule, ...] = get_args(Rule)


@dataclass(frozen=True)
class Change:
    """From the beginning of `epoch` (the first is 0) on, the learning rate is this one."""

    epoch: int
    learning_rate: float


@dataclass(frozen=True)
class Optimizer:
    """The same rule in every framework, on the gradient g of the mean loss of the batch.

    Weight decay is coupled (L2 regularization): g has weight_decay * weight added for
    every kernel, and for nothing else (`Param.decays`).

    `sgd` is stochastic gradient descent with momentum in the heavy-ball form (Polyak
    1964; Sutskever et al. 2013 without Nesterov's look-ahead). The learning rate stays
    outside the buffer, so that a change of it does not rescale the past:

        velocity = momentum * velocity + g
        weight   = weight - learning_rate * velocity

    `adam` is algorithm 1 of Kingma and Ba 2015: epsilon beside the corrected root:

        first  = beta1 * first + (1 - beta1) * g
        second = beta2 * second + (1 - beta2) * g * g
        weight = weight - learning_rate * (first / (1 - beta1^t))
                          / (sqrt(second / (1 - beta2^t)) + epsilon)

    Attributes:
        learning_rate: above 0, until the first change.
        momentum: of `sgd`, in [0, 1).
        weight_decay: 0 or more.
        beta1, beta2, epsilon: of `adam`.
        changes: a piecewise constant learning rate, in the order of epochs.
    """

    name: Rule
    learning_rate: float
    momentum: float = 0.0
    weight_decay: float = 0.0
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8
    changes: tuple[Change, ...] = ()

    def learning_rate_in(self, epoch: int) -> float:
        """The learning rate of an epoch; the first is 0."""
        rates = [change.learning_rate for change in self.changes if change.epoch <= epoch]
        return rates[-1] if rates else self.learning_rate
