"""Draws initial weights from a manifest, outside every framework."""

import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np

from bench.spec import Param

Array = np.ndarray[Any, Any]


def initial_weights(parameters: Sequence[Param], seed: int) -> dict[str, Array]:
    """A float32 array for each parameter, in manifest order.

    Each parameter has a random stream of its own, from the seed and its name:
    adding a layer leaves the others' values as they were.
    """
    return {param.name: _draw(param, _generator(param.name, seed)) for param in parameters}


def _generator(name: str, seed: int) -> np.random.Generator:
    sequence = np.random.SeedSequence(seed, spawn_key=(zlib.crc32(name.encode()),))
    return np.random.Generator(np.random.PCG64(sequence))


def _draw(param: Param, generator: np.random.Generator) -> Array:
    if param.initializer == "zeros":
        return np.zeros(param.shape, dtype=np.float32)
    # Glorot and Bengio 2010, equation 16.
    fan_in, fan_out = param.fans
    limit = np.sqrt(6 / (fan_in + fan_out))
    return generator.uniform(-limit, limit, param.shape).astype(np.float32)
