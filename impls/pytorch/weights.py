"""Canonical arrays to PyTorch's and back: layouts are the same, names differ by rules."""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import nn

from bench.spec import Param
from bench.weights import Arrays, Rule, match_arrays

# Of nn.LSTM, nn.GRU, nn.RNN and their cells; gates are in the canonical order.
RULES = (
    Rule(r"weight_ih(_l(?P<number>\d+))?", "input_weight"),
    Rule(r"weight_hh(_l(?P<number>\d+))?", "recurrent_weight"),
    Rule(r"bias_ih(_l(?P<number>\d+))?", "bias"),
    # The manifest has one bias a layer: two that are trained take steps of twice the size.
    Rule(r"bias_hh(_l\d+)?", None),
)


def find_arrays(model: nn.Module, manifest: Sequence[Param]) -> Arrays[torch.Tensor]:
    """Parameters and running statistics, those of a model's own `RULES` first."""
    named = dict(model.named_parameters()) | dict(model.named_buffers())
    native = {
        path: array for path, array in named.items() if not path.endswith("num_batches_tracked")
    }
    arrays = match_arrays(manifest, native, (*getattr(model, "RULES", ()), *RULES), "PyTorch")
    for tensor in arrays.untrained.values():
        nn.init.zeros_(tensor)
        tensor.requires_grad_(False)
    return arrays


@torch.no_grad()
def load(arrays: Arrays[torch.Tensor], weights: Mapping[str, np.ndarray]) -> None:
    """Set every tensor of a model; raises WeightsError for a misfit."""
    for name, value in arrays.to_native(weights).items():
        arrays.by_name[name].copy_(torch.from_numpy(value))


def to_numpy(tensor: torch.Tensor) -> np.ndarray:
    """A copy of a tensor on any device."""
    return tensor.detach().cpu().numpy().copy()
