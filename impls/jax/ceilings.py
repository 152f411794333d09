"""JAX's largest rates, behind the contract of `bench.worker.ceilings`."""

from collections.abc import Callable

import jax
import jax.numpy as jnp

from bench.job import Execution

from .backend import device_of
from .types import product_precision

DTYPES = {"ieee": jnp.float32, "tf32": jnp.float32, "bf16": jnp.bfloat16}
AMPERE = (8, 0)  # its compute capability: the first with TF32 and bfloat16


def matrix_product(side: int, execution: Execution) -> Callable[[], tuple[jax.Array, ...]]:
    """jnp.matmul in a jax.jit, whose arguments are no constants that it could fold."""
    device, on_gpu = device_of(execution), execution.device == "cuda"
    is_new = on_gpu and _capability(device) >= AMPERE
    execution.check_product(
        f"JAX {jax.__version__}", has_tf32=is_new, has_bf16=is_new or not on_gpu
    )
    precision = product_precision(execution.precision)
    dtype = DTYPES[execution.precision]
    keys = jax.random.split(jax.random.key(1))
    left, right = (jax.random.uniform(key, (side, side)).astype(dtype) for key in keys)
    function = jax.jit(lambda a, b: jnp.matmul(a, b, precision=precision))

    def multiply() -> tuple[jax.Array, ...]:
        return left, right, jax.block_until_ready(function(left, right))

    return multiply


def copy(size_bytes: int, execution: Execution) -> Callable[[], tuple[jax.Array, ...]]:
    """jnp.copy in a jax.jit, whose result is no alias of what it copies.

    The result's memory is new each time, as it is of all that JAX does.
    """
    source = jax.random.uniform(jax.random.key(1), (size_bytes // jnp.float32.dtype.itemsize,))
    function = jax.jit(jnp.copy)

    def copy_once() -> tuple[jax.Array, ...]:
        return source, jax.block_until_ready(function(source))

    return copy_once


def _capability(device: jax.Device) -> tuple[int, ...]:
    found = getattr(device, "compute_capability", "0.0")
    return tuple(map(int, found.split(".")))
