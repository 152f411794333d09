"""Canonical parameters to Keras's and back.

Keras keeps a convolution's kernel as (height, width, input channels, output
channels) and a dense kernel as (inputs, outputs). A dense layer behind
`Flatten` sees its inputs in the order height, width, channels.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import keras
import numpy as np

from bench.spec import Param, check_parameters

KERAS_NAMES = {"weight": "kernel", "bias": "bias"}


def load(model: keras.Model, manifest: Sequence[Param], weights: Mapping[str, np.ndarray]) -> None:
    """Set every parameter of `model`; raises WeightsError for a misfit."""
    check_parameters(manifest, weights, "the weights")
    variables = named_variables(model)
    native = {param.name: to_keras(param, weights[param.name]) for param in manifest}
    check_parameters(
        [replace(param, shape=native[param.name].shape) for param in manifest],
        variables,
        "Keras (in its own layout)",
    )
    for name, value in native.items():
        variables[name].assign(value)


def export(model: keras.Model, manifest: Sequence[Param]) -> dict[str, np.ndarray]:
    """Every parameter of `model` as its canonical array."""
    variables = named_variables(model)
    return {param.name: to_canonical(param, variables[param.name].numpy()) for param in manifest}


def named_variables(layer: keras.Layer, prefix: str = "") -> dict[str, keras.Variable]:
    """The trainable variables by canonical name: attributes of the model, not Keras's own names."""
    named = {}
    for canonical, native in KERAS_NAMES.items():
        if isinstance(variable := getattr(layer, native, None), keras.Variable):
            named[f"{prefix}{canonical}"] = variable
    for name, child in vars(layer).items():
        if isinstance(child, keras.Layer):
            named.update(named_variables(child, f"{prefix}{name}."))
    return named


def to_keras(param: Param, value: np.ndarray) -> np.ndarray:
    """A canonical array in Keras's layout."""
    if param.kind == "convolution kernel":
        return value.transpose(2, 3, 1, 0)  # OIHW -> HWIO
    if param.kind == "dense kernel":
        if param.flattened is not None:
            maps = value.reshape(-1, *param.flattened)  # (O, C, H, W)
            value = maps.transpose(0, 2, 3, 1).reshape(value.shape)
        return value.T
    return value


def to_canonical(param: Param, value: np.ndarray) -> np.ndarray:
    """An array of Keras's in its canonical layout; the inverse of `to_keras`."""
    if param.kind == "convolution kernel":
        return np.ascontiguousarray(value.transpose(3, 2, 0, 1))  # HWIO -> OIHW
    if param.kind == "dense kernel":
        value = value.T
        if param.flattened is not None:
            channels, height, width = param.flattened
            maps = value.reshape(-1, height, width, channels)  # (O, H, W, C)
            value = maps.transpose(0, 3, 1, 2).reshape(value.shape)
        return np.ascontiguousarray(value)
    return value
