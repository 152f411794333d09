"""PyTorch behind the contract of `bench.worker.backend`."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from bench.job import Execution
from bench.models import find_model_class
from bench.optimizer import Optimizer
from bench.spec import ModelSpec, arrays_of

from . import optimizers
from . import weights as parameters

DTYPES = {"float64": torch.float64}  # of the parameters; else float32
KNOBS = ("fused_optimizer", "cudnn_benchmark", "compile_mode")


class Backend:
    """Trains with torch.nn, torch.optim and, in mode `compiled`, torch.compile."""

    version = torch.__version__

    def __init__(self, spec: ModelSpec, optimizer: Optimizer, execution: Execution) -> None:
        execution.check_knobs(KNOBS)
        torch.set_num_threads(execution.threads)
        torch.set_float32_matmul_precision("high" if execution.precision == "tf32" else "highest")
        torch.backends.cudnn.allow_tf32 = execution.precision == "tf32"
        torch.backends.cudnn.benchmark = bool(execution.knobs.get("cudnn_benchmark", False))
        self.mixed = execution.precision == "bf16"
        self.device = torch.device(execution.device)
        self.channels_last = execution.layout == "NHWC"
        dtype = DTYPES.get(execution.precision, torch.float32)
        self.model = find_model_class(spec, __name__)(spec).to(self.device, dtype)
        if self.channels_last:
            self.model = self.model.to(memory_format=torch.channels_last)
        self.arrays = parameters.find_arrays(self.model, arrays_of(spec))
        self.trainable = spec.parameters()
        self.trained = {param.name: self.arrays.by_name[param.name] for param in self.trainable}
        self.criterion = nn.CrossEntropyLoss()  # the mean over the batch
        self.fused = bool(execution.knobs.get("fused_optimizer", False))
        self.set_optimizer(optimizer)
        compiled = execution.mode == "compiled"
        compile_mode = execution.knobs.get("compile_mode")
        self.forward = _compiled(self.model, compile_mode) if compiled else self.model
        self.dataset: TensorDataset | None = None
        self.loaded: Mapping[str, np.ndarray] = {}
        self.steps = self.batch_size = 0

    def set_optimizer(self, optimizer: Optimizer) -> None:
        self.optimizer = optimizers.make(optimizer, self.trainable, self.trained, self.fused)

    def load(self, weights: Mapping[str, np.ndarray]) -> None:
        parameters.load(self.arrays, weights)
        self.optimizer.state.clear()
        self.loaded, self.steps = weights, 0

    def set_learning_rate(self, learning_rate: float) -> None:
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate

    def step(self, inputs: np.ndarray, labels: np.ndarray) -> tuple[torch.Tensor, int]:
        return self._step(self._to_device(inputs), self._to_device(labels))

    def _step(self, x: torch.Tensor, y: torch.Tensor) -> tuple[torch.Tensor, int]:
        loss = self._backward(x, y)
        self.optimizer.step()
        return loss.detach(), len(y)

    def _backward(self, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        """The mean loss of the batch; its gradients are in the parameters."""
        self.optimizer.zero_grad(set_to_none=True)
        with self._autocast():
            loss = self.criterion(self.forward(x), y)
        loss.backward()
        self.steps, self.batch_size = self.steps + 1, len(y)
        return loss

    def loader(
        self, inputs: np.ndarray, labels: np.ndarray, order: np.ndarray
    ) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        if self.dataset is None:
            arrays = (inputs, labels)  # mapped files: a copy in memory, as users have it
            self.dataset = TensorDataset(*(torch.from_numpy(np.array(one)) for one in arrays))
        on_gpu = self.device.type == "cuda"
        return iter(DataLoader(self.dataset, batch_sampler=order.tolist(), pin_memory=on_gpu))

    def place(self, inputs: np.ndarray, labels: np.ndarray) -> tuple[torch.Tensor, torch.Tensor]:
        return torch.from_numpy(inputs).to(self.device), torch.from_numpy(labels).to(self.device)

    def step_loaded(self, x: torch.Tensor, y: torch.Tensor) -> tuple[torch.Tensor, int]:
        x = x.to(self.device, non_blocking=True)
        y = y.to(self.device, non_blocking=True)
        return self._step(self._as_images(x), y)

    def losses(self, handles: Sequence[tuple[torch.Tensor, int]]) -> list[float]:
        means = torch.stack([mean for mean, _ in handles]).tolist()
        return [mean * samples for mean, (_, samples) in zip(means, handles, strict=True)]

    @torch.no_grad()
    def evaluate(self, inputs: np.ndarray, labels: np.ndarray) -> tuple[float, int]:
        x, y = self._to_device(inputs), self._to_device(labels)
        self.model.eval()
        with self._autocast():
            logits = _exact(self.forward(x))
        self.model.train()
        correct = (logits.argmax(dim=1) == y).sum()
        return self.criterion(logits, y).item() * len(labels), int(correct.item())

    def synchronize(self) -> None:
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)

    def mark(self) -> torch.cuda.Event | None:
        if self.device.type != "cuda":
            return None
        event = torch.cuda.Event(enable_timing=True)
        event.record()
        return event

    def seconds_between(self, first: torch.cuda.Event, last: torch.cuda.Event) -> float:
        return first.elapsed_time(last) / 1000

    def absent(self) -> dict[str, str]:
        if self.device.type == "cuda":
            return {}
        return {
            "device_seconds": "On the CPU there is no clock but the host's.",
            "allocator_peak_bytes": "PyTorch counts what its allocator gives out on GPUs only.",
            "allocator_reserved_bytes": "PyTorch counts what its allocator takes on GPUs only.",
        }

    def memory(self) -> dict[str, int]:
        if self.device.type != "cuda":
            return {}
        return {
            "allocator_bytes": torch.cuda.memory_allocated(self.device),
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
        self._backward(self._to_device(inputs), self._to_device(labels))
        gradients = {name: parameters.to_numpy(one.grad) for name, one in self.trained.items()}
        return self.arrays.to_canonical(gradients)

    def export(self) -> dict[str, np.ndarray]:
        tensors = self.arrays.by_name.items()
        arrays = self.arrays.to_canonical({name: parameters.to_numpy(one) for name, one in tensors})
        for param in self.arrays.manifest:
            if param.kind == "running variance" and self.steps > 0:
                array, initial = arrays[param.name], self.loaded[param.name]
                array = param.with_divisor_n(array, initial, self.steps, self.batch_size)
                arrays[param.name] = array
        return arrays

    def slots(self) -> dict[str, dict[str, np.ndarray]]:
        slots = optimizers.slots(self.optimizer, self.trained)
        return {slot: self.arrays.to_canonical(arrays) for slot, arrays in slots.items()}

    def _to_device(self, array: np.ndarray) -> torch.Tensor:
        return self._as_images(torch.from_numpy(array).to(self.device, non_blocking=True))

    def _as_images(self, x: torch.Tensor) -> torch.Tensor:
        # (N, height, width, channels) seen as (N, channels, height, width): no copy, and the
        # strides that PyTorch calls channels_last.
        return x.permute(0, 3, 1, 2) if self.channels_last and x.dim() == 4 else x

    def _autocast(self) -> AbstractContextManager[object]:
        return torch.autocast(self.device.type, torch.bfloat16) if self.mixed else nullcontext()


def _exact(logits: torch.Tensor) -> torch.Tensor:
    """The logits for the loss: float32 also where the model computes in bfloat16.

    In training, autocast does so by itself.
    """
    return logits.to(torch.promote_types(logits.dtype, torch.float32))


def _compiled(model: nn.Module, mode: str | None) -> nn.Module:
    # Over a limit of recompilations, counted over all instances of a class, torch.compile would run
    # eagerly without an error.
    torch._dynamo.reset()
    torch._dynamo.config.fail_on_recompile_limit_hit = True
    return torch.compile(model, mode=mode)
