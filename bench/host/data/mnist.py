"""MNIST (LeCun, Cortes, Burges 1998): the canonical four IDX files, whole.

The format is described on its original page.
"""

import math
from pathlib import Path

import numpy as np

from bench.errors import DataError
from bench.host.data.dataset import Array, Dataset, Split
from bench.host.data.files import open_gzip
from bench.host.data.published import DATA_VARIABLE, Publication, PublishedFile
from bench.spec import Samples

UNSIGNED_BYTE = 0x08
PUBLICATION = Publication(
    title="MNIST",
    folder="mnist",
    files="the four published files",
    mirrors=(
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
        "https://storage.googleapis.com/cvdf-datasets/mnist/",
    ),
    most_bytes=16 * 2**20,
)
TRAIN_IMAGES = PublishedFile(
    "train-images-idx3-ubyte.gz", "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609"
)
TRAIN_LABELS = PublishedFile(
    "train-labels-idx1-ubyte.gz", "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c"
)
TEST_IMAGES = PublishedFile(
    "t10k-images-idx3-ubyte.gz", "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6"
)
TEST_LABELS = PublishedFile(
    "t10k-labels-idx1-ubyte.gz", "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6"
)


def read_mnist() -> tuple[Split, Split]:
    """Read 60,000 train and 10,000 test images of 28x28."""
    return (
        Split(_read(TRAIN_IMAGES, 3)[:, None], _read(TRAIN_LABELS, 1)),
        Split(_read(TEST_IMAGES, 3)[:, None], _read(TEST_LABELS, 1)),
    )


def _read(file: PublishedFile, dimensions: int) -> Array:
    return PUBLICATION.read(file, lambda path: read_idx(path, dimensions))


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


MNIST = Dataset(
    name="mnist",
    summary=f"70,000 handwritten digits of 28x28; from {DATA_VARIABLE} or downloaded",
    version=1,
    samples=Samples((1, 28, 28), classes=10),
    read=read_mnist,
)
