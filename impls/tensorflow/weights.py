"""Canonical arrays to Keras's and back.

Keras keeps a convolution's kernel as (height, width, input channels, output
channels), a dense kernel as (inputs, outputs) and an LSTM's two kernels so too, with
the gates in the canonical order. A dense layer behind `Flatten` sees its inputs in
the order height, width, channels.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import keras
import numpy as np

from bench.spec import Param, check_parameters

KERAS_ARRAYS = {
    "kernel": "weight",
    "embeddings": "weight",
    "bias": "bias",
    "gamma": "weight",
    "beta": "bias",
    "moving_mean": "running_mean",
    "moving_variance": "running_var",  # with the divisor n, as in canonical form
}
LSTM_ARRAYS = {
    "kernel": "input_weight",
    "recurrent_kernel": "recurrent_weight",
    "bias": "bias",
}
TRANSPOSED = ("dense kernel", "input kernel", "recurrent kernel")


def load(
    variables: Mapping[str, keras.Variable],
    manifest: Sequence[Param],
    weights: Mapping[str, np.ndarray],
) -> None:
    """Set every variable of a model (`named_variables`); raises WeightsError for a misfit."""
    check_parameters(manifest, weights, "the weights")
    native = {param.name: to_keras(param, weights[param.name]) for param in manifest}
    check_parameters(
        [replace(param, shape=native[param.name].shape) for param in manifest],
        variables,
        "Keras (in its own layout)",
    )
    for name, value in native.items():
        variables[name].assign(value)


def canonical(manifest: Sequence[Param], arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Keras's arrays in their canonical layouts."""
    return {param.name: to_canonical(param, arrays[param.name]) for param in manifest}


def named_variables(layer: keras.Layer, prefix: str = "") -> dict[str, keras.Variable]:
    """Parameters and running statistics by canonical name: attributes, not Keras's own names."""
    if isinstance(layer, keras.layers.LSTM):
        return _own_variables(layer.cell, prefix, LSTM_ARRAYS)
    named = _own_variables(layer, prefix, KERAS_ARRAYS)
    for name, child in _children(layer).items():
        named.update(named_variables(child, f"{prefix}{name}."))
    return named


def _own_variables(
    layer: keras.Layer, prefix: str, names: Mapping[str, str]
) -> dict[str, keras.Variable]:
    return {
        f"{prefix}{name}": variable
        for native, name in names.items()
        if isinstance(variable := getattr(layer, native, None), keras.Variable)
    }


def _children(layer: keras.Layer) -> dict[str, keras.Layer]:
    if isinstance(layer, keras.Sequential):
        return {str(index): child for index, child in enumerate(layer.layers)}
    return {name: child for name, child in vars(layer).items() if isinstance(child, keras.Layer)}


def to_keras(param: Param, value: np.ndarray) -> np.ndarray:
    """A canonical array in Keras's layout."""
    if param.kind == "convolution kernel":
        return value.transpose(2, 3, 1, 0)  # OIHW -> HWIO
    if param.flattened is not None:
        maps = value.reshape(-1, *param.flattened)  # (O, C, H, W)
        value = maps.transpose(0, 2, 3, 1).reshape(value.shape)
    return value.T if param.kind in TRANSPOSED else value


def to_canonical(param: Param, value: np.ndarray) -> np.ndarray:
    """An array of Keras's in its canonical layout; the inverse of `to_keras`."""
    if param.kind == "convolution kernel":
        return np.ascontiguousarray(value.transpose(3, 2, 0, 1))  # HWIO -> OIHW
    if param.kind in TRANSPOSED:
        value = value.T
    if param.flattened is not None:
        channels, height, width = param.flattened
        maps = value.reshape(-1, height, width, channels)  # (O, H, W, C)
        value = maps.transpose(0, 3, 1, 2).reshape(value.shape)
    return np.ascontiguousarray(value)
