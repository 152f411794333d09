"""Draws what every framework of a verification starts from."""

from pathlib import Path
from typing import Any

import numpy as np

from bench.host.data.weights import draw_weights
from bench.protocol.verification import BATCH_SIZE, STEPS
from bench.spec import ModelSpec, Samples, arrays_of

Array = np.ndarray[Any, Any]
SEED = 3


def write_inputs(path: Path, spec: ModelSpec, samples: Samples) -> None:
    """Write the .npz file that `bench.protocol.verification.VerificationJob.inputs` describes.

    All of its values are float32.
    """
    generator = np.random.Generator(np.random.PCG64(SEED))
    shape = (STEPS, BATCH_SIZE, *samples.shape)
    inputs: Array
    if samples.vocabulary is None:
        inputs = generator.normal(size=shape).astype(np.float32)
    else:
        inputs = _padded(generator.integers(samples.vocabulary, size=shape, dtype=np.int32))
    np.savez(
        path,
        inputs=inputs,
        labels=generator.integers(samples.classes, size=shape[:2]),
        **{f"array {name}": value for name, value in _arrays(spec, generator).items()},  # type: ignore[arg-type]
    )


def _padded(tokens: Array) -> Array:
    """Texts of 1 token to all, padded in front with token 0 as real ones are.

    Whoever masks the padding, or does not train its vector, shows.
    """
    length = tokens.shape[-1]
    tokens = tokens.reshape(-1, length)
    for row, text in enumerate(tokens):
        text[: row % length] = 0
    return tokens.reshape(STEPS, BATCH_SIZE, length)


def _arrays(spec: ModelSpec, generator: np.random.Generator) -> dict[str, Array]:
    """Initial weights, moved away from zeros and ones: a forgotten or swapped one shows."""
    params = arrays_of(spec)
    arrays = draw_weights(params, SEED)
    for param in params:
        noise = generator.normal(0, 0.1, param.shape)
        if param.kind == "running variance":
            noise = np.abs(noise)
        if param.initializer in ("zeros", "ones", "forget gate ones"):
            arrays[param.name] = (arrays[param.name] + noise).astype(np.float32)
    return arrays
