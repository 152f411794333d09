"""Training as PyTorch's users write it, with nothing of this project around it.

`tox -e overhead` holds the harness against it, `tox -e references` our models against PyTorch's.
"""

from collections.abc import Callable, Mapping

import numpy as np
import torch
from torch import nn

from bench.job import Execution
from bench.models import find_model_class
from bench.optimizer import Optimizer
from bench.spec import ModelSpec, arrays_of
from impls.pytorch import weights as parameters


def own_model(
    spec: ModelSpec, weights: Mapping[str, np.ndarray], execution: Execution
) -> nn.Module:
    """Our model with these weights."""
    model = find_model_class(spec, parameters.__name__)(spec)
    parameters.load(parameters.find_arrays(model, arrays_of(spec)), weights)
    return model


def bare_loop(
    model: nn.Module, optimizer: Optimizer, execution: Execution
) -> Callable[[np.ndarray, np.ndarray], None]:
    """A loop over batches: (inputs, labels) of several steps, back once the device is done."""
    torch.set_num_threads(execution.threads)
    device = torch.device(execution.device)
    model = model.to(device)
    criterion = nn.CrossEntropyLoss()
    if optimizer.name == "adam":
        update = torch.optim.Adam(model.parameters(), lr=optimizer.learning_rate)
    else:
        update = torch.optim.SGD(
            model.parameters(), lr=optimizer.learning_rate, momentum=optimizer.momentum
        )
    if execution.mode == "compiled":
        model = torch.compile(model)

    def train(inputs: np.ndarray, labels: np.ndarray) -> None:
        for images, targets in zip(inputs, labels, strict=True):
            x, y = torch.from_numpy(images).to(device), torch.from_numpy(targets).to(device)
            update.zero_grad()
            loss = criterion(model(x), y)
            loss.backward()
            update.step()
        if device.type == "cuda":
            torch.cuda.synchronize(device)

    return train
