"""Canonical arrays to Gluon's and back: layouts are the same, names differ."""

import re
from collections.abc import Mapping, Sequence

import mxnet as mx
import numpy as np
from mxnet import gluon
from mxnet.ndarray import NDArray

from bench.spec import Param, check_parameters

# Canonical `lstm<layer>.<array>` is one of the rnn.LSTM at that place, counted from 0.
LSTM_ARRAYS = {"input_weight": "i2h_weight", "recurrent_weight": "h2h_weight", "bias": "i2h_bias"}
NORMALIZATION_ARRAYS = {"weight": "gamma", "bias": "beta"}


def load(
    arrays: Mapping[str, gluon.Parameter],
    manifest: Sequence[Param],
    weights: Mapping[str, np.ndarray],
) -> None:
    """Set every array of a model (`named_parameters`); raises WeightsError for a misfit."""
    check_parameters(manifest, arrays, "MXNet")
    check_parameters(manifest, weights, "the weights")
    for param in manifest:
        # From an NDArray, which the engine copies, and not from NumPy: see Backend._to_device.
        arrays[param.name].set_data(mx.nd.from_numpy(weights[param.name]))


def named_parameters(model: gluon.HybridBlock) -> dict[str, gluon.Parameter]:
    """Parameters and running statistics by canonical name."""
    # Structural names (conv1.weight), not the prefixed ones of collect_params().
    named = model._collect_params_with_prefix()
    return {
        canonical_name(name): parameter
        for name, parameter in named.items()
        if not name.endswith("h2h_bias")
    }


def canonical_name(name: str) -> str:
    """`bn1.gamma` is `bn1.weight`, `lstm.0._unfused.0.i2h_weight` is `lstm1.input_weight`."""
    for canonical, native in LSTM_ARRAYS.items():
        # Gluon names a fused layer's arrays as those of its cells, of which it has one.
        if match := re.fullmatch(rf"lstm\.(\d+)\._unfused\.0\.{native}", name):
            return f"lstm{int(match[1]) + 1}.{canonical}"
    for canonical, native in NORMALIZATION_ARRAYS.items():
        name = re.sub(rf"\.{native}$", f".{canonical}", name)
    return name


def to_numpy(array: NDArray) -> np.ndarray:
    """A copy of an array on any device; slows later steps, see Backend._to_device."""
    return array.asnumpy()
