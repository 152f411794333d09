"""The rules of `bench.optimizer.Optimizer` by Optax, which has both as they are."""

from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import nnx

from bench.optimizer import Optimizer
from bench.spec import Param

from .weights import canonical, canonical_name

SLOTS = {"trace": "velocity", "mu": "first moment", "nu": "second moment"}


def make(optimizer: Optimizer, manifest: Sequence[Param]) -> optax.GradientTransformation:
    """The optimizer, whose learning rate is part of its state; weight decay for kernels only."""
    decays = {param.name: param.decays for param in manifest}

    def mask(parameters: nnx.State) -> nnx.State:
        return jax.tree.map_with_path(lambda path, _: decays[canonical_name(path)], parameters)

    def rule(learning_rate: jax.Array) -> optax.GradientTransformation:
        # Before the rule: coupled, as L2 regularization.
        decay = optax.add_decayed_weights(optimizer.weight_decay, mask)
        update = _update(optimizer, learning_rate)
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


def slots(state: optax.OptState, manifest: Sequence[Param]) -> dict[str, dict[str, np.ndarray]]:
    """What the optimizer has gathered: by slot, by parameter."""
    found = {slot: optax.tree.get(state, native, None) for native, slot in SLOTS.items()}
    return {slot: canonical(manifest, one) for slot, one in found.items() if one is not None}
