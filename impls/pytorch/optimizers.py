"""The rules of `bench.optimizer.Optimizer` by torch.optim, which has both as they are."""

from collections.abc import Mapping, Sequence

import numpy as np
import torch

from bench.optimizer import Optimizer
from bench.spec import Param

from .weights import to_numpy

SLOTS = {"momentum_buffer": "velocity", "exp_avg": "first moment", "exp_avg_sq": "second moment"}


def make(
    optimizer: Optimizer,
    manifest: Sequence[Param],
    trained: Mapping[str, torch.Tensor],
    fused: bool,
) -> torch.optim.Optimizer:
    """The optimizer of the trained parameters; weight decay for kernels only.

    Args:
        fused: one kernel for all parameters; by default, PyTorch decides.
    """
    one_kernel = True if fused else None
    groups = [
        {
            "params": [trained[param.name] for param in manifest if param.decays == decays],
            "weight_decay": optimizer.weight_decay if decays else 0.0,
        }
        for decays in (True, False)
    ]
    if optimizer.name == "adam":
        betas = (optimizer.beta1, optimizer.beta2)
        return torch.optim.Adam(
            groups, optimizer.learning_rate, betas, optimizer.epsilon, fused=one_kernel
        )
    return torch.optim.SGD(groups, optimizer.learning_rate, optimizer.momentum, fused=one_kernel)


def slots(
    optimizer: torch.optim.Optimizer, trained: Mapping[str, torch.Tensor]
) -> dict[str, dict[str, np.ndarray]]:
    """What the optimizer has gathered: by slot, by parameter."""
    gathered: dict[str, dict[str, np.ndarray]] = {}
    for name, parameter in trained.items():
        for native, slot in SLOTS.items():
            if (value := optimizer.state[parameter].get(native)) is not None:
                gathered.setdefault(slot, {})[name] = to_numpy(value)
    return gathered
