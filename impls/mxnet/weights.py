"""Canonical parameters to Gluon's and back: names, layouts and shapes are the same."""

from collections.abc import Mapping, Sequence

import mxnet as mx
import numpy as np
from mxnet.gluon import HybridBlock

from bench.spec import Param, check_parameters


def load(model: HybridBlock, manifest: Sequence[Param], weights: Mapping[str, np.ndarray]) -> None:
    """Set every parameter of `model`; raises WeightsError for a misfit."""
    # Structural names (conv1.weight), not the prefixed ones of collect_params().
    parameters = model._collect_params_with_prefix()
    check_parameters(manifest, parameters, "MXNet")
    check_parameters(manifest, weights, "the weights")
    for param in manifest:
        # From an NDArray, which the engine copies, and not from NumPy: see Backend._to_device.
        parameters[param.name].set_data(mx.nd.from_numpy(weights[param.name]))


def export(model: HybridBlock) -> dict[str, np.ndarray]:
    """Every parameter of `model` as its canonical array."""
    return {
        name: value.data().asnumpy() for name, value in model._collect_params_with_prefix().items()
    }
