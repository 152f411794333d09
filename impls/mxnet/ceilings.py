"""MXNet's largest rates, behind the contract of `bench.worker.ceilings`."""

from collections.abc import Callable

import mxnet as mx
import numpy as np
from mxnet.ndarray import NDArray

from bench.errors import WorkerError
from bench.job import Execution


def matrix_product(side: int, execution: Execution) -> Callable[[], tuple[NDArray, ...]]:
    """nd.dot into a matrix that is there."""
    if execution.precision != "ieee":
        # NDArrays have no type bfloat16. TF32 was never tried: 1.9.1 has no code for the GPUs we
        # have.
        raise WorkerError(
            f"MXNet {mx.__version__} is not measured in {execution.precision!r}; expected ieee."
        )
    context = _context(execution)
    left, right = (mx.nd.random.uniform(shape=(side, side), ctx=context) for _ in range(2))
    product = mx.nd.empty((side, side), ctx=context)

    def multiply() -> tuple[NDArray, ...]:
        mx.nd.dot(left, right, out=product)
        product.wait_to_read()
        return left, right, product

    return multiply


def copy(size_bytes: int, execution: Execution) -> Callable[[], tuple[NDArray, ...]]:
    """NDArray.copyto memory that is there."""
    context = _context(execution)
    values = size_bytes // np.dtype(np.float32).itemsize
    source = mx.nd.random.uniform(shape=(values,), ctx=context)
    target = mx.nd.empty((values,), ctx=context)

    def copy_once() -> tuple[NDArray, ...]:
        source.copyto(target)
        target.wait_to_read()
        return source, target

    return copy_once


def _context(execution: Execution) -> mx.Context:
    return mx.gpu() if execution.device == "cuda" else mx.cpu()
