"""SHA-256 digests of arrays. Standard library only."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

# NumPy's.
Array = Any


def hash_array(array: Array) -> str:
    """Return SHA-256 over the element type, the shape and the C-ordered bytes of `array`.

    Raises:
        ValueError: the array is not C-contiguous.
    """
    return hash_parts(array.dtype.str, array.shape, [array])


def hash_parts(type_string: str, shape: Sequence[int], parts: Iterable[Array]) -> str:
    """Return the digest of the array of that type and shape whose bytes `parts` hold, in order.

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
    """Return SHA-256 over the names and digests of `arrays`, whatever their order."""
    return combine({name: hash_array(array) for name, array in arrays.items()})


def combine(digests: Mapping[str, str]) -> str:
    """Return one digest for several named ones, whatever their order."""
    return hash_text(json.dumps(dict(sorted(digests.items()))))


def hash_text(text: str) -> str:
    """Return SHA-256 of `text` in UTF-8."""
    return hashlib.sha256(text.encode()).hexdigest()
