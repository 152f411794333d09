"""The rules of `bench.optimizer.Optimizer` by Optax, which has both as they are."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import nnx

from bench.optimizer import Optimizer
from bench.weights import Arrays

from .weights import canonical, path_of

SLOTS = {"trace": "velocity", "mu": "first moment", "nu": "second moment"}


def make(optimizer: Optimizer, arrays: Arrays[Any]) -> optax.GradientTransformation:
    """The optimizer, whose learning rate is part of its state; weight decay for kernels only."""
    decaying = {arrays.paths[param.name] for param in arrays.manifest if param.decays}

    def decays(parameters: nnx.State) -> nnx.State:
        return jax.tree.map_with_path(lambda path, _: path_of(path) in decaying, parameters)

    def is_fixed(parameters: nnx.State) -> nnx.State:
        return jax.tree.map_with_path(lambda path, _: path_of(path) in arrays.untrained, parameters)

    def rule(learning_rate: jax.Array) -> optax.GradientTransformation:
        # Before the rule: coupled, as L2 regularization.
        decay = optax.add_decayed_weights(optimizer.weight_decay, decays)
        update = _update(optimizer, learning_rate)
        if arrays.untrained:
            update = optax.chain(update, optax.masked(optax.set_to_zero(), is_fixed))
        return optax.chain(decay, update) if optimizer.weight_decay else update

    return optax.inject_hyperparams(rule)(learning_rate=optimizer.learning_rate)


def _update(optimizer: Optimizer, learning_rate: jax.Array) -> optax.GradientTransformation:
    if optimizer.name == "adam":
        return optax.adam(learning_rate, optimizer.beta1, optimizer.beta2, optimizer.epsilon)
    return optax.sgd(learning_rate, optimizer.momentum or None)


def with_learning_rate(state: optax.OptState, rate: float) -> optax.OptState:
    """The state with another learning rate, which no slot holds."""
    old = state.hyperparams["learning_rate"]
    return state._replace(
        hyperparams={**state.hyperparams, "learning_rate": jnp.array(rate, old.dtype)}
    )


def slots(state: optax.OptState, arrays: Arrays[Any]) -> dict[str, dict[str, np.ndarray]]:
    """What the optimizer has gathered: by slot, by parameter."""
    found = {slot: optax.tree.get(state, native, None) for native, slot in SLOTS.items()}
    return {slot: canonical(arrays, one) for slot, one in found.items() if one is not None}
