"""Draws initial values from a manifest, outside every framework."""

import zlib
from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from bench.host.data.dataset import Array
from bench.spec import GATES, GRU_GATES, Initializer, Param


def draw_weights(parameters: Sequence[Param], seed: int) -> dict[str, Array]:
    """Draw a float32 array for each parameter, in manifest order.

    Each parameter has a random stream of its own, from the seed and its name:
    adding a layer leaves the others' values as they were.
    """
    return {param.name: _draw(param, seed) for param in parameters}


def _draw(param: Param, seed: int) -> Array:
    sequence = np.random.SeedSequence(seed, spawn_key=(zlib.crc32(param.name.encode()),))
    generator = np.random.Generator(np.random.PCG64(sequence))
    return INITIALIZERS[param.initializer](param, generator).astype(np.float32)


def _glorot_uniform(param: Param, generator: np.random.Generator) -> Array:
    """Glorot and Bengio 2010, equation 16."""
    fan_in, fan_out = param.fans
    limit = np.sqrt(6 / (fan_in + fan_out))
    return generator.uniform(-limit, limit, param.shape)


def _he_normal(param: Param, generator: np.random.Generator) -> Array:
    """He, Zhang, Ren, Sun 2015 (Delving deep into rectifiers), equation 10."""
    fan_in, _ = param.fans
    return generator.normal(0, np.sqrt(2 / fan_in), param.shape)


def _recurrent_uniform(param: Param, generator: np.random.Generator, gates: int = GATES) -> Array:
    """Within 1 / sqrt(units), as in PyTorch's and cuDNN's examples."""
    limit = 1 / np.sqrt(param.shape[0] // gates)
    return generator.uniform(-limit, limit, param.shape)


def _embedding_uniform(param: Param, generator: np.random.Generator) -> Array:
    """Within 0.05, as in Keras."""
    return generator.uniform(-0.05, 0.05, param.shape)


def _forget_gate_ones(param: Param, generator: np.random.Generator) -> Array:
    """Zeros, but the forget gate's part open (Jozefowicz, Zaremba, Sutskever 2015)."""
    bias = np.zeros((GATES, param.shape[0] // GATES))
    bias[1] = 1
    return bias.reshape(param.shape)


INITIALIZERS: dict[Initializer, Callable[[Param, np.random.Generator], Array]] = {
    "zeros": lambda param, generator: np.zeros(param.shape),
    "ones": lambda param, generator: np.ones(param.shape),
    "glorot uniform": _glorot_uniform,
    "he normal": _he_normal,
    "recurrent uniform": _recurrent_uniform,
    "gru uniform": partial(_recurrent_uniform, gates=GRU_GATES),
    "embedding uniform": _embedding_uniform,
    "forget gate ones": _forget_gate_ones,
}
