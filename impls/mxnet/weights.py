"""Canonical parameters to Gluon's and back: names, layouts and shapes are the same."""

from collections.abc import Mapping, Sequence

import numpy as np
from mxnet.gluon import HybridBlock

from bench.spec import Param, check_parameters


def load(model: HybridBlock, manifest: Sequence[Param], weights: Mapping[str, np.ndarray]) -> None:
    """Set every parameter of `model`; raises WeightsError where one does not fit the manifest."""
    # Structural names (conv1.weight), not the prefixed ones of collect_params().
    parameters = model._collect_params_with_prefix()
    check_parameters(manifest, {name: value.shape for name, value in parameters.items()}, "MXNet")
    for param in manifest:
        parameters[param.name].set_data(weights[param.name])


def export(model: HybridBlock) -> dict[str, np.ndarray]:
    """Every parameter of `model` as its canonical array."""
    return {
        name: value.data().asnumpy() for name, value in model._collect_params_with_prefix().items()
    }
