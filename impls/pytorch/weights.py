"""Canonical arrays to PyTorch's and back: layouts are the same, LSTM's names differ."""

import re
from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import nn

from bench.spec import Param, check_parameters

# Canonical `lstm<layer>.<array>` is an array of the one fused nn.LSTM, which counts from 0.
LSTM_ARRAYS = {"input_weight": "weight_ih", "recurrent_weight": "weight_hh", "bias": "bias_ih"}


@torch.no_grad()
def load(
    tensors: Mapping[str, torch.Tensor],
    manifest: Sequence[Param],
    weights: Mapping[str, np.ndarray],
) -> None:
    """Set every tensor of a model (`named_tensors`); raises WeightsError for a misfit."""
    check_parameters(manifest, tensors, "PyTorch")
    check_parameters(manifest, weights, "the weights")
    for param in manifest:
        tensors[param.name].copy_(torch.from_numpy(weights[param.name]))


def named_tensors(model: nn.Module) -> dict[str, torch.Tensor]:
    """Parameters and running statistics by canonical name."""
    named = dict(model.named_parameters()) | dict(model.named_buffers())
    return {
        canonical_name(name): tensor
        for name, tensor in named.items()
        if "bias_hh" not in name and not name.endswith("num_batches_tracked")
    }


def canonical_name(name: str) -> str:
    """`lstm.weight_ih_l0` is `lstm1.input_weight`; other names are the same."""
    for canonical, native in LSTM_ARRAYS.items():
        if match := re.fullmatch(rf"lstm\.{native}_l(\d+)", name):
            return f"lstm{int(match[1]) + 1}.{canonical}"
    return name


def to_numpy(tensor: torch.Tensor) -> np.ndarray:
    """A copy of a tensor on any device."""
    return tensor.detach().cpu().numpy().copy()
