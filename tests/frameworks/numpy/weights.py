"""Canonical arrays to this framework's and back: names, layouts and shapes are the same.

Where a framework's layouts differ, this is the file that says so by rules: see
`impls/tensorflow/weights.py`.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from bench.spec import Param, check_parameters

from .layers import Array, Chain

HIDDEN = ".second_bias"  # of an LSTM that deviates: the manifest knows of none


def load(model: Chain, manifest: Sequence[Param], weights: Mapping[str, np.ndarray]) -> None:
    """Set every parameter and running statistic of `model`.

    Raises:
        WeightsError: the model or `weights` do not fit the manifest.
    """
    arrays = named_arrays(model)
    check_parameters(manifest, arrays, "NumPy")
    check_parameters(manifest, weights, "the weights")
    for param in manifest:
        arrays[param.name][...] = weights[param.name]
    model.reset()


def named_arrays(model: Chain) -> dict[str, Array]:
    """Parameters and running statistics by canonical name."""
    parameters = {name: one.value for name, one in model.parameters.items()}
    return without_hidden({**parameters, **model.statistics})


def without_hidden(arrays: Mapping[str, Array]) -> dict[str, Array]:
    """Without what is not in the manifest."""
    return {name: array for name, array in arrays.items() if not name.endswith(HIDDEN)}


def export(
    model: Chain, manifest: Sequence[Param], canonical_statistics: bool = True
) -> dict[str, np.ndarray]:
    """A copy of every array of `model`; its statistics by the canonical rule or its own."""
    arrays: dict[str, Array] = named_arrays(model)
    if canonical_statistics:
        arrays |= model.canonical_statistics
    return {param.name: arrays[param.name].copy() for param in manifest}
