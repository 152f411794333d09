"""PyTorch's largest rates, behind the contract of `bench.worker.ceilings`."""

from collections.abc import Callable

import torch

from bench.job import Execution

DTYPES = {"ieee": torch.float32, "tf32": torch.float32, "bf16": torch.bfloat16}
TF32_CAPABILITY = (8, 0)  # Ampere


def matrix_product(side: int, execution: Execution) -> Callable[[], tuple[torch.Tensor, ...]]:
    """torch.mm into a matrix that is there."""
    device = _prepared(execution)
    on_gpu = device.type == "cuda"
    execution.check_product(
        f"PyTorch {torch.__version__}",
        has_tf32=on_gpu and torch.cuda.get_device_capability(device) >= TF32_CAPABILITY,
        has_bf16=not on_gpu or torch.cuda.is_bf16_supported(including_emulation=False),
    )
    torch.set_float32_matmul_precision("high" if execution.precision == "tf32" else "highest")
    dtype = DTYPES[execution.precision]
    left, right = (torch.rand(side, side, device=device).to(dtype) for _ in range(2))
    product = torch.empty_like(left)

    def multiply() -> tuple[torch.Tensor, ...]:
        torch.mm(left, right, out=product)
        _synchronize(device)
        return left, right, product

    return multiply


def copy(size_bytes: int, execution: Execution) -> Callable[[], tuple[torch.Tensor, ...]]:
    """Tensor.copy_ into memory that is there."""
    device = _prepared(execution)
    source = torch.rand(size_bytes // torch.float32.itemsize, device=device)
    target = torch.empty_like(source)

    def copy_once() -> tuple[torch.Tensor, ...]:
        target.copy_(source)
        _synchronize(device)
        return source, target

    return copy_once


def _prepared(execution: Execution) -> torch.device:
    torch.set_num_threads(execution.threads)
    return torch.device(execution.device)


def _synchronize(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)
