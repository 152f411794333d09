"""Canonical arrays to Flax's and back: with channels last, and names by rules."""

from collections.abc import Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx
from jax.tree_util import DictKey, KeyPath

from bench.spec import Param
from bench.weights import Arrays, Rule, match_arrays

# A recurrent layer's arrays are those of the cell that nnx.RNN holds; of nnx.OptimizedLSTMCell,
# nnx.GRUCell and nnx.SimpleCell, whose gates are in the canonical order, with one bias.
RULES = (
    Rule(r"cell\.dense_i\.kernel", "input_weight"),
    Rule(r"cell\.dense_h\.kernel", "recurrent_weight"),
    Rule(r"cell\.dense_[ih]\.bias", "bias"),
    Rule("kernel|embedding|scale", "weight"),
    Rule("mean", "running_mean"),
    Rule("var", "running_var"),  # with the divisor n, as in canonical form
)
States = nnx.State | tuple[nnx.State, ...]


def find_arrays(
    model_class: type, states: States, manifest: Sequence[Param]
) -> Arrays[jax.ShapeDtypeStruct]:
    """Parameters and running statistics in a model's states, those of its own `RULES` first."""
    rules = (*getattr(model_class, "RULES", ()), *RULES)
    return match_arrays(manifest, _by_path(states), rules, "Flax", channels_last=True)


def load(
    arrays: Arrays[Any], states: States, weights: Mapping[str, np.ndarray], dtype: jnp.dtype
) -> States:
    """What is trained and what is kept, with these values; raises WeightsError for a misfit.

    Args:
        dtype: of all of them: nnx.BatchNorm makes its statistics in float32 for every model.
    """
    native = arrays.to_native(weights)
    by_path = {path: native[name] for name, path in arrays.paths.items()}

    def value(path: KeyPath, old: jax.Array | jax.ShapeDtypeStruct) -> jax.Array:
        # What no weights have is not trained. A copy: the training step takes the memory of what it
        # is given. (jnp.array would compile one for each shape.)
        array = by_path.get(path_of(path), np.zeros(old.shape))
        return jax.device_put(array.astype(dtype), may_alias=False)

    return jax.tree.map_with_path(value, states)


def canonical(arrays: Arrays[Any], states: States) -> dict[str, np.ndarray]:
    """Arrays in canonical names and layouts, of states or of whatever has their structure."""
    by_path = _by_path(states)
    return arrays.to_canonical(
        {name: np.array(by_path[path]) for name, path in arrays.paths.items() if path in by_path}
    )


def _by_path(states: States) -> dict[str, Any]:
    return {path_of(path): leaf for path, leaf in jax.tree.leaves_with_path(states)}


def path_of(path: KeyPath) -> str:
    """The attributes that lead to an array: `stages.0.1.conv1.kernel`."""
    # Keys of states; not the places of states in a tuple.
    return ".".join(str(key.key) for key in path if isinstance(key, DictKey))
