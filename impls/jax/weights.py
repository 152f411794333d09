"""Canonical arrays to Flax's and back.

Flax keeps a convolution's kernel as (height, width, input channels, output channels), a dense
kernel as (inputs, outputs) and an LSTM cell's two kernels so too, with the gates in the canonical
order. A dense layer behind a flattened map sees its inputs in the order height, width, channels.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx
from jax.tree_util import DictKey, KeyPath

from bench.spec import Param, check_parameters

FLAX_ARRAYS = {
    "kernel": "weight",
    "embedding": "weight",
    "scale": "weight",
    "bias": "bias",
    "mean": "running_mean",
    "var": "running_var",  # with the divisor n, as in canonical form
}
States = nnx.State | tuple[nnx.State, ...]
# The variables of a cell, which nnx.RNN holds: `lstm1.cell.dense_i.kernel`.
LSTM_ARRAYS = {
    "dense_i.kernel": "input_weight",
    "dense_h.kernel": "recurrent_weight",
    "dense_h.bias": "bias",
}
TRANSPOSED = ("dense kernel", "input kernel", "recurrent kernel")


def load(
    states: tuple[nnx.State, nnx.State],
    manifest: Sequence[Param],
    weights: Mapping[str, np.ndarray],
    dtype: jnp.dtype,
) -> tuple[nnx.State, nnx.State]:
    """What is trained and what is kept, with these values; raises WeightsError for a misfit.

    Args:
        dtype: of all of them: nnx.BatchNorm makes its statistics in float32 for every model.
    """
    check_parameters(manifest, weights, "the weights")
    native = {param.name: to_flax(param, weights[param.name]) for param in manifest}
    check_parameters(
        [replace(param, shape=native[param.name].shape) for param in manifest],
        named(states),
        "Flax (in its own layout)",
    )

    def value(path: KeyPath, _: jax.Array | jax.ShapeDtypeStruct) -> jax.Array:
        # A copy: the training step takes the memory of what it is given. (jnp.array would compile
        # one for each shape.)
        return jax.device_put(native[canonical_name(path)].astype(dtype), may_alias=False)

    return jax.tree.map_with_path(value, states)


def named(states: States) -> dict[str, jax.Array]:
    """Arrays by canonical name, of a model's states or of whatever has their structure."""
    return {canonical_name(path): leaf for path, leaf in jax.tree.leaves_with_path(states)}


def canonical(manifest: Sequence[Param], states: States) -> dict[str, np.ndarray]:
    """Arrays in canonical names and layouts."""
    arrays = named(states)
    return {param.name: to_canonical(param, np.array(arrays[param.name])) for param in manifest}


def canonical_name(path: KeyPath) -> str:
    """`stages.0.1.conv1.kernel` is `stages.0.1.conv1.weight`, and see LSTM_ARRAYS."""
    # Keys of states; not the places of states in a tuple.
    keys = [str(key.key) for key in path if isinstance(key, DictKey)]
    if "cell" in keys:
        layer = keys.index("cell")
        return f"{'.'.join(keys[:layer])}.{LSTM_ARRAYS['.'.join(keys[layer + 1 :])]}"
    return f"{'.'.join(keys[:-1])}.{FLAX_ARRAYS[keys[-1]]}"


def to_flax(param: Param, value: np.ndarray) -> np.ndarray:
    """A canonical array in Flax's layout."""
    if param.kind == "convolution kernel":
        return value.transpose(2, 3, 1, 0)  # OIHW -> HWIO
    if param.flattened is not None:
        maps = value.reshape(-1, *param.flattened)  # (O, C, H, W)
        value = maps.transpose(0, 2, 3, 1).reshape(value.shape)
    return value.T if param.kind in TRANSPOSED else value


def to_canonical(param: Param, value: np.ndarray) -> np.ndarray:
    """An array of Flax's in its canonical layout; the inverse of `to_flax`."""
    if param.kind == "convolution kernel":
        return np.ascontiguousarray(value.transpose(3, 2, 0, 1))  # HWIO -> OIHW
    if param.kind in TRANSPOSED:
        value = value.T
    if param.flattened is not None:
        channels, height, width = param.flattened
        maps = value.reshape(-1, height, width, channels)  # (O, H, W, C)
        value = maps.transpose(0, 3, 1, 2).reshape(value.shape)
    return np.ascontiguousarray(value)
