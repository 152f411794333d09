"""What Flax's layers compute in and keep their parameters in, and how JAX multiplies matrices."""

from typing import TypedDict

import jax.numpy as jnp


class Types(TypedDict):
    """Keyword arguments of every layer of Flax's.

    Attributes:
        dtype: what a layer computes in.
        param_dtype: of its parameters.
    """

    dtype: jnp.dtype
    param_dtype: jnp.dtype


def types_of(precision: str) -> Types:
    """Mixed precision, as Flax has it: bfloat16 in the layers, float32 in the parameters."""
    kept = jnp.float64 if precision == "float64" else jnp.float32
    return Types(dtype=jnp.bfloat16 if precision == "bf16" else kept, param_dtype=kept)


def product_precision(precision: str) -> str:
    """Of products of float32 matrices: by default, a GPU would round their factors."""
    return "tensorfloat32" if precision == "tf32" else "highest"
