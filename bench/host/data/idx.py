"""Reads IDX files, the format of MNIST (described on its original page)."""

import math
from pathlib import Path

import numpy as np

from bench.errors import DataError
from bench.host.data.dataset import Array
from bench.host.data.files import open_gzip

UNSIGNED_BYTE = 0x08


def read_idx(path: Path, dimensions: int, most_bytes: int = 2**28) -> Array:
    """Read the uint8 array in a gzipped IDX file.

    Args:
        dimensions: number of dimensions that the array has to have.
        most_bytes: size above which an array is refused before it is unpacked.
    """
    with open_gzip(path, "a gzipped IDX file") as stream:
        header = stream.read(4 + 4 * dimensions)
        shape = _parse_shape(path, header, dimensions)
        size = math.prod(shape)
        if size > most_bytes:
            raise DataError(
                f"{path} announces {size:,} bytes of data; expected at most {most_bytes:,}; "
                "replace the file."
            )
        content = stream.read(size + 1)
    if len(content) != size:
        held = f"{len(content):,}" if len(content) < size else "more"
        raise DataError(
            f"{path} holds {held} bytes of data; expected {size:,} for the shape {shape} in its "
            "header; replace the file."
        )
    return np.frombuffer(content, dtype=np.uint8).reshape(shape)


def _parse_shape(path: Path, header: bytes, dimensions: int) -> tuple[int, ...]:
    magic = bytes((0, 0, UNSIGNED_BYTE, dimensions))
    if header[:4] != magic:
        raise DataError(
            f"{path} begins with the magic number 0x{header[:4].hex()}; expected 0x{magic.hex()}, "
            f"an IDX file of unsigned bytes with {dimensions} dimensions; replace the file."
        )
    if len(header) != 4 + 4 * dimensions:
        raise DataError(
            f"{path} ends inside its header; expected a whole IDX file; replace the file."
        )
    return tuple(
        int.from_bytes(header[start : start + 4], "big") for start in range(4, len(header), 4)
    )
