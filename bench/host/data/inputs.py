"""Writes what every framework of a comparison starts from: weights and batch order, as files."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from bench.errors import ResultsError, explain_os_error
from bench.host.data.weights import draw_weights
from bench.protocol.digests import hash_array, hash_arrays
from bench.spec import ModelSpec, arrays_of, parameter_count


@dataclass(frozen=True)
class InputFile:
    """A file for workers, and the digest of the arrays in it."""

    path: Path
    digest: str


@dataclass
class Inputs:
    """Files in a folder of one run; each is made once, however many trials read it.

    They are made anew in each run, so a change of NumPy's random streams shows
    in the digests and cannot hide in a cache.
    """

    folder: Path
    _files: dict[str, InputFile] = field(default_factory=dict)

    def write_weights(self, model: str, spec: ModelSpec, seed: int) -> InputFile:
        """Write initial weights and running statistics as an .npz by canonical name."""
        shape = "x".join(str(side) for side in spec.input_shape)
        # Two texts of one length may have different vocabularies.
        name = f"weights-{model}-{shape}-{parameter_count(spec)}-{seed}.npz"

        def write(path: Path) -> str:
            arrays = draw_weights(arrays_of(spec), seed)
            np.savez(path, **arrays)  # type: ignore[arg-type]
            return hash_arrays(arrays)

        return self._write_once(name, write)

    def write_order(self, samples: int, batch_size: int, epochs: int, seed: int) -> InputFile:
        """Write sample indices as an .npy, (epochs, steps, batch size)."""
        name = f"order-{samples}-{batch_size}-{epochs}-{seed}.npy"

        def write(path: Path) -> str:
            order = draw_batch_order(samples, batch_size, epochs, seed)
            np.save(path, order)
            return hash_array(order)

        return self._write_once(name, write)

    def _write_once(self, name: str, write: Callable[[Path], str]) -> InputFile:
        path = self.folder / name
        if name not in self._files:
            failure = f"The temporary folder {str(self.folder)!r} cannot be written"
            room = "expected room for weights and batch order; free some"
            with explain_os_error(ResultsError, failure, f"{room}, or name another in TMPDIR."):
                self._files[name] = InputFile(path, write(path))
        return self._files[name]


def draw_batch_order(
    samples: int, batch_size: int, epochs: int, seed: int
) -> np.ndarray[Any, np.dtype[np.int32]]:
    """Draw a fresh permutation for each epoch, without samples that do not fill a last batch.

    A smaller last batch would make compiled graphs be traced again.
    """
    generator = np.random.Generator(np.random.PCG64(seed))
    steps = samples // batch_size
    rows = [generator.permutation(samples)[: steps * batch_size] for _ in range(epochs)]
    return np.stack(rows).reshape(epochs, steps, batch_size).astype(np.int32)
