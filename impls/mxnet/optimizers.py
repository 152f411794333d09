"""The rules of `bench.optimizer.Optimizer` by mx.optimizer, corrected where it has others."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import mxnet as mx
import numpy as np
from mxnet import gluon
from mxnet.ndarray import NDArray

from bench.optimizer import Optimizer
from bench.spec import Param

from .weights import to_numpy


def make(
    optimizer: Optimizer, manifest: Sequence[Param], trained: Mapping[str, gluon.Parameter]
) -> gluon.Trainer:
    """The trainer of the trained parameters; weight decay for kernels only."""
    for param in manifest:
        trained[param.name].wd_mult = float(param.decays)
    # Without a store: there is one device, and nothing to reduce.
    return gluon.Trainer(list(trained.values()), _rule(optimizer), kvstore=None)


def _rule(optimizer: Optimizer) -> mx.optimizer.Optimizer:
    settings = {"learning_rate": optimizer.learning_rate, "wd": optimizer.weight_decay}
    if optimizer.name == "adam":
        return Adam(
            beta1=optimizer.beta1, beta2=optimizer.beta2, epsilon=optimizer.epsilon, **settings
        )
    return mx.optimizer.SGD(momentum=optimizer.momentum, **settings)


class Adam(mx.optimizer.Adam):
    """Adam with epsilon beside the corrected root.

    MXNet's has it beside the root of the second moment as it is. With c = sqrt(1 - beta2^t),
    sqrt(second) + c * epsilon is c * (sqrt(second) / c + epsilon): the same kernel makes the
    canonical step when its epsilon shrinks with c as its learning rate does.
    """

    def update(self, index: int, weight: NDArray, grad: NDArray, state: Any) -> None:
        self._update_count(index)
        t = self._index_update_count[index]
        correction = math.sqrt(1 - self.beta2**t)
        first, second = state
        mx.nd.adam_update(
            weight,
            grad,
            first,
            second,
            out=weight,
            lr=self._get_lr(index) * correction / (1 - self.beta1**t),
            wd=self._get_wd(index),
            beta1=self.beta1,
            beta2=self.beta2,
            epsilon=self.epsilon * correction,
            rescale_grad=self.rescale_grad,
        )


def set_learning_rate(trainer: gluon.Trainer, learning_rate: float) -> None:
    """From the next step on; the gathered momentum keeps its meaning.

    MXNet's SGD has the learning rate inside the buffer: -learning_rate * velocity.
    """
    if isinstance(trainer.optimizer, mx.optimizer.SGD):
        for momentum in _states(trainer).values():
            if momentum is not None:
                momentum *= learning_rate / trainer.learning_rate
    trainer.set_learning_rate(learning_rate)


def slots(
    trainer: gluon.Trainer, trained: Mapping[str, gluon.Parameter]
) -> dict[str, dict[str, np.ndarray]]:
    """What the optimizer has gathered: by slot, by parameter."""
    gathered: dict[str, dict[str, np.ndarray]] = {}
    for index, name in enumerate(trained):
        for slot, value in _canonical(trainer, _states(trainer).get(index)).items():
            gathered.setdefault(slot, {})[name] = value
    return gathered


def _canonical(trainer: gluon.Trainer, state: Any) -> dict[str, np.ndarray]:
    if state is None:  # before the first step, or SGD without momentum
        return {}
    if isinstance(trainer.optimizer, Adam):
        first, second = state
        return {"first moment": to_numpy(first), "second moment": to_numpy(second)}
    return {"velocity": to_numpy(state) / -trainer.learning_rate}


def _states(trainer: gluon.Trainer) -> dict[int, Any]:
    """The optimizer's state by the number of the parameter; Gluon has no public way to it."""
    (updater,) = trainer._updaters  # one for each device
    return updater.states
