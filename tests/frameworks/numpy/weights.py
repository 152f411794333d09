"""Canonical parameters to this framework's and back: names, layouts and shapes are the same.

Where a framework's layouts differ, this is the file that transposes: see
`impls/tensorflow/weights.py`.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from bench.spec import Param, check_parameters

from .lenet import LeNet


def load(model: LeNet, manifest: Sequence[Param], weights: Mapping[str, np.ndarray]) -> None:
    """Set every parameter of `model`.

    Raises:
        WeightsError: the model or `weights` do not fit the manifest.
    """
    parameters = model.parameters()
    check_parameters(manifest, {name: one.value for name, one in parameters.items()}, "NumPy")
    check_parameters(manifest, weights, "the weights")
    for name, parameter in parameters.items():
        parameter.value[...] = weights[name]


def export(model: LeNet) -> dict[str, np.ndarray]:
    """Every parameter of `model` as its canonical array."""
    return {name: parameter.value.copy() for name, parameter in model.parameters().items()}
