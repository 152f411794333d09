"""PyTorch behind the contract of `bench.worker.backend`."""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import nn

from bench.job import Execution
from bench.optimizer import Optimizer
from bench.spec import ModelSpec, Param, arrays_of

from . import optimizers
from . import weights as parameters
from .alexnet import AlexNet
from .lenet import LeNet
from .lstm import LSTM
from .resnet import ResNet

MODELS = {"lenet": LeNet, "alexnet": AlexNet, "resnet": ResNet, "lstm": LSTM}
DTYPES = {"ieee": torch.float32, "float64": torch.float64}


class Backend:
    """Trains with torch.nn, torch.optim and, in mode `compiled`, torch.compile."""

    version = torch.__version__

    def __init__(self, spec: ModelSpec, optimizer: Optimizer, execution: Execution) -> None:
        torch.set_num_threads(execution.threads)
        self.device = torch.device(execution.device)
        self.manifest = arrays_of(spec)
        self.model = MODELS[spec.family](spec).to(self.device, DTYPES[execution.precision])
        self.tensors = parameters.named_tensors(self.model)
        self.trained = {param.name: self.tensors[param.name] for param in spec.parameters()}
        self.criterion = nn.CrossEntropyLoss()  # the mean over the batch
        self.optimizer = optimizers.make(optimizer, spec.parameters(), self.trained)
        self.forward = _compiled(self.model) if execution.mode == "compiled" else self.model
        self.loaded: Mapping[str, np.ndarray] = {}
        self.steps = self.batch_size = 0

    def load(self, weights: Mapping[str, np.ndarray]) -> None:
        parameters.load(self.tensors, self.manifest, weights)
        self.optimizer.state.clear()
        self.loaded, self.steps = weights, 0

    def set_learning_rate(self, learning_rate: float) -> None:
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate

    def step(self, inputs: np.ndarray, labels: np.ndarray) -> tuple[torch.Tensor, int]:
        loss = self._backward(inputs, labels)
        self.optimizer.step()
        return loss.detach(), len(labels)

    def _backward(self, inputs: np.ndarray, labels: np.ndarray) -> torch.Tensor:
        """The mean loss of the batch; its gradients are in the parameters."""
        x, y = self._to_device(inputs), self._to_device(labels)
        self.optimizer.zero_grad(set_to_none=True)
        loss = self.criterion(self.forward(x), y)
        loss.backward()
        self.steps, self.batch_size = self.steps + 1, len(labels)
        return loss

    def losses(self, handles: Sequence[tuple[torch.Tensor, int]]) -> list[float]:
        means = torch.stack([mean for mean, _ in handles]).tolist()
        return [mean * samples for mean, (_, samples) in zip(means, handles, strict=True)]

    @torch.no_grad()
    def evaluate(self, inputs: np.ndarray, labels: np.ndarray) -> tuple[float, int]:
        x, y = self._to_device(inputs), self._to_device(labels)
        self.model.eval()
        logits = self.forward(x)
        self.model.train()
        correct = (logits.argmax(dim=1) == y).sum()
        return self.criterion(logits, y).item() * len(labels), int(correct.item())

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

    def logits(self, inputs: np.ndarray, training: bool) -> np.ndarray:
        self.model.train(training)
        # With gradients in training mode: the very graph that trains.
        with torch.set_grad_enabled(training):
            logits = self.forward(self._to_device(inputs))
        self.model.train()
        return parameters.to_numpy(logits)

    def gradients(self, inputs: np.ndarray, labels: np.ndarray) -> dict[str, np.ndarray]:
        self._backward(inputs, labels)
        return {name: parameters.to_numpy(one.grad) for name, one in self.trained.items()}

    def export(self) -> dict[str, np.ndarray]:
        arrays = {name: parameters.to_numpy(tensor) for name, tensor in self.tensors.items()}
        return {param.name: self._canonical(param, arrays[param.name]) for param in self.manifest}

    def _canonical(self, param: Param, array: np.ndarray) -> np.ndarray:
        if param.kind != "running variance" or self.steps == 0:
            return array
        initial = self.loaded[param.name]
        return param.with_divisor_n(array, initial, self.steps, self.batch_size)

    def slots(self) -> dict[str, dict[str, np.ndarray]]:
        return optimizers.slots(self.optimizer, self.trained)

    def _to_device(self, array: np.ndarray) -> torch.Tensor:
        return torch.from_numpy(array).to(self.device, non_blocking=True)


def _compiled(model: nn.Module) -> nn.Module:
    # Over a limit of recompilations, counted over all instances of a class, torch.compile would run
    # eagerly without an error.
    torch._dynamo.reset()
    torch._dynamo.config.fail_on_recompile_limit_hit = True
    return torch.compile(model)
