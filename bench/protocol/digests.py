"""SHA-256 digests of arrays. Standard library only."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol


class Array(Protocol):
    """The part of a NumPy array that a digest needs."""

    @property
    def dtype(self) -> Any:
        """Element type; its `str` tells byte order and size."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Sides."""
        ...

    @property
    def data(self) -> memoryview:
        """The buffer."""
        ...


def hash_array(array: Array) -> str:
    """SHA-256 over the element type, the shape and the C-ordered bytes of `array`.

    Raises:
        ValueError: the array is not C-contiguous.
    """
    return hash_parts(array.dtype.str, array.shape, [array])


def hash_parts(type_string: str, shape: Sequence[int], parts: Iterable[Array]) -> str:
    """The digest of the array of that type and shape whose bytes come in `parts`, in order.

    Raises:
        ValueError: a part is not C-contiguous.
    """
    digest = hashlib.sha256(json.dumps([type_string, list(shape)]).encode())
    for part in parts:
        view = memoryview(part.data)
        if not view.c_contiguous:
            raise ValueError("Only a C-contiguous array has a digest.")
        # cast() refuses a shape with a zero in it, and there are no bytes to add then.
        if view.nbytes:
            digest.update(view.cast("B"))
    return digest.hexdigest()


def hash_arrays(arrays: Mapping[str, Array]) -> str:
    """SHA-256 over the names and digests of `arrays`, whatever their order."""
    return combine({name: hash_array(array) for name, array in arrays.items()})


def combine(digests: Mapping[str, str]) -> str:
    """One digest for several named ones, whatever their order."""
    return hash_text(json.dumps(dict(sorted(digests.items()))))


def hash_text(text: str) -> str:
    """SHA-256 of `text` in UTF-8."""
    return hashlib.sha256(text.encode()).hexdigest()
