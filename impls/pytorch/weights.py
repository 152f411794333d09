"""Canonical parameters to PyTorch's and back: names, layouts and shapes are the same."""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import nn

from bench.spec import Param, check_parameters


@torch.no_grad()
def load(model: nn.Module, manifest: Sequence[Param], weights: Mapping[str, np.ndarray]) -> None:
    """Set every parameter of `model`; raises WeightsError for a misfit."""
    parameters = dict(model.named_parameters())
    check_parameters(manifest, parameters, "PyTorch")
    check_parameters(manifest, weights, "the weights")
    for param in manifest:
        parameters[param.name].copy_(torch.from_numpy(weights[param.name]))


def export(model: nn.Module) -> dict[str, np.ndarray]:
    """Every parameter of `model` as its canonical array."""
    return {name: value.detach().cpu().numpy().copy() for name, value in model.named_parameters()}
