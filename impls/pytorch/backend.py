"""PyTorch behind the contract of `bench.worker.backend`."""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import nn

from bench.job import Execution
from bench.spec import ModelSpec, Optimizer

from . import weights as parameters
from .lenet import LeNet

MODELS = {"lenet": LeNet}


class Backend:
    """Trains with torch.nn, torch.optim and, in mode `compiled`, torch.compile."""

    version = torch.__version__

    def __init__(self, spec: ModelSpec, optimizer: Optimizer, execution: Execution) -> None:
        torch.set_num_threads(execution.threads)
        self.device = torch.device(execution.device)
        self.manifest = spec.parameters()
        self.model = MODELS[spec.family](spec).to(self.device)
        self.criterion = nn.CrossEntropyLoss()  # the mean over the batch
        self.optimizer = torch.optim.SGD(
            self.model.parameters(), lr=optimizer.learning_rate, momentum=optimizer.momentum
        )
        self.forward = torch.compile(self.model) if execution.mode == "compiled" else self.model

    def load(self, weights: Mapping[str, np.ndarray]) -> None:
        parameters.load(self.model, self.manifest, weights)

    def step(self, images: np.ndarray, labels: np.ndarray) -> tuple[torch.Tensor, int]:
        x, y = self._to_device(images), self._to_device(labels)
        self.optimizer.zero_grad(set_to_none=True)
        loss = self.criterion(self.forward(x), y)
        loss.backward()
        self.optimizer.step()
        return loss.detach(), len(labels)

    def losses(self, handles: Sequence[tuple[torch.Tensor, int]]) -> list[float]:
        means = torch.stack([mean for mean, _ in handles]).tolist()
        return [mean * samples for mean, (_, samples) in zip(means, handles, strict=True)]

    @torch.no_grad()
    def evaluate(self, images: np.ndarray, labels: np.ndarray) -> tuple[float, int]:
        x, y = self._to_device(images), self._to_device(labels)
        self.model.eval()
        logits = self.forward(x)
        self.model.train()
        correct = (logits.argmax(dim=1) == y).sum()
        return self.criterion(logits, y).item() * len(labels), int(correct.item())

    def export(self) -> dict[str, np.ndarray]:
        return parameters.export(self.model)

    def synchronize(self) -> None:
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)

    def memory(self) -> dict[str, int]:
        if self.device.type != "cuda":
            return {}
        return {
            "allocator_peak_bytes": torch.cuda.max_memory_allocated(self.device),
            "allocator_reserved_bytes": torch.cuda.max_memory_reserved(self.device),
        }

    def _to_device(self, array: np.ndarray) -> torch.Tensor:
        return torch.from_numpy(array).to(self.device, non_blocking=True)
