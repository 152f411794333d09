"""Writes what every framework of a comparison starts from: weights and batch order, as files."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from bench.errors import ResultsError
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
        if name not in self._files:
            arrays = draw_weights(arrays_of(spec), seed)
            with _explain_no_room(self.folder):
                np.savez(self.folder / name, **arrays)  # type: ignore[arg-type]
            self._files[name] = InputFile(self.folder / name, hash_arrays(arrays))
        return self._files[name]

    def write_order(self, samples: int, batch_size: int, epochs: int, seed: int) -> InputFile:
        """Write sample indices as an .npy, (epochs, steps, batch size)."""
        name = f"order-{samples}-{batch_size}-{epochs}-{seed}.npy"
        if name not in self._files:
            order = draw_batch_order(samples, batch_size, epochs, seed)
            with _explain_no_room(self.folder):
                np.save(self.folder / name, order)
            self._files[name] = InputFile(self.folder / name, hash_array(order))
        return self._files[name]


@contextmanager
def _explain_no_room(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ResultsError(
            f"The temporary folder {str(folder)!r} cannot be written ({error.strerror or error}); "
            "expected room for weights and batch order; free some, or name another in TMPDIR."
        ) from error


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
