"""What Flax's layers compute in, and what they keep their parameters in."""

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
