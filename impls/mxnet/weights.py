"""Canonical arrays to Gluon's and back: layouts are the same, names differ by rules."""

from collections.abc import Mapping, Sequence

import mxnet as mx
import numpy as np
from mxnet import gluon
from mxnet.ndarray import NDArray

from bench.spec import Param
from bench.weights import Arrays, Rule, match_arrays

# Of rnn.LSTM, rnn.GRU, rnn.RNN, whose arrays Gluon names as those of their cells, and of cells;
# gates are in the canonical order. Of normalization.
RULES = (
    Rule(r"(_unfused\.(?P<number>\d+)\.)?i2h_weight", "input_weight"),
    Rule(r"(_unfused\.(?P<number>\d+)\.)?h2h_weight", "recurrent_weight"),
    Rule(r"(_unfused\.(?P<number>\d+)\.)?i2h_bias", "bias"),
    # The manifest has one bias a layer: two that are trained take steps of twice the size.
    Rule(r"(_unfused\.\d+\.)?h2h_bias", None),
    Rule("gamma", "weight"),
    Rule("beta", "bias"),
)


def find_arrays(model: gluon.HybridBlock, manifest: Sequence[Param]) -> Arrays[gluon.Parameter]:
    """Parameters and running statistics, those of a model's own `RULES` first.

    To be called before they are initialized: those that are not trained will be zero.
    """
    # Structural names (conv1.weight), not the prefixed ones of collect_params().
    native = model._collect_params_with_prefix()
    arrays = match_arrays(manifest, native, (*getattr(model, "RULES", ()), *RULES), "MXNet")
    for parameter in arrays.untrained.values():
        parameter.init = mx.init.Zero()
        parameter.grad_req = "null"
    return arrays


def load(arrays: Arrays[gluon.Parameter], weights: Mapping[str, np.ndarray]) -> None:
    """Set every array of a model; raises WeightsError for a misfit."""
    for name, value in arrays.to_native(weights).items():
        # From an NDArray, which the engine copies, and not from NumPy: see Backend._to_device.
        arrays.by_name[name].set_data(mx.nd.from_numpy(np.ascontiguousarray(value)))


def to_numpy(array: NDArray) -> np.ndarray:
    """A copy of an array on any device; slows later steps, see Backend._to_device."""
    return array.asnumpy()
