"""NumPy's largest rates, behind the contract of `bench.worker.ceilings`."""

from collections.abc import Callable
from typing import Any

import numpy as np

from bench.errors import WorkerError
from bench.job import Execution

Array = np.ndarray[Any, Any]  # unlike the models' arrays, not in float64


def matrix_product(side: int, execution: Execution) -> Callable[[], tuple[Array, ...]]:
    """np.matmul into a matrix that is there."""
    if execution.precision != "ieee":
        raise WorkerError(f"NumPy has no matrix product in {execution.precision!r}; expected ieee.")
    random = np.random.default_rng(0)
    left, right = (random.random((side, side), np.float32) for _ in range(2))
    product = np.empty_like(left)

    def multiply() -> tuple[Array, ...]:
        np.matmul(left, right, out=product)
        return left, right, product

    return multiply


def copy(size_bytes: int, execution: Execution) -> Callable[[], tuple[Array, ...]]:
    """np.copyto memory that is there."""
    source = np.random.default_rng(0).random(size_bytes // 4, np.float32)
    target = np.empty_like(source)

    def copy_once() -> tuple[Array, ...]:
        np.copyto(target, source)
        return source, target

    return copy_once
