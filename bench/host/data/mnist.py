"""MNIST (LeCun, Cortes, Burges 1998): the canonical four IDX files, whole."""

import os
from dataclasses import dataclass
from pathlib import Path

from bench.errors import DataError
from bench.host.cache import cache_folder, locked
from bench.host.data.dataset import Array, Dataset, Split
from bench.host.data.download import download, file_digest
from bench.host.data.idx import read_idx
from bench.spec import Samples

DATA_VARIABLE = "SAMESTEP_DATA"
MIRRORS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
)
MOST_BYTES = 16 * 2**20


@dataclass(frozen=True)
class IdxFile:
    """One of the four published files."""

    name: str
    dimensions: int
    sha256: str


TRAIN_IMAGES = IdxFile(
    "train-images-idx3-ubyte.gz",
    3,
    "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
)
TRAIN_LABELS = IdxFile(
    "train-labels-idx1-ubyte.gz",
    1,
    "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
)
TEST_IMAGES = IdxFile(
    "t10k-images-idx3-ubyte.gz",
    3,
    "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
)
TEST_LABELS = IdxFile(
    "t10k-labels-idx1-ubyte.gz",
    1,
    "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
)


def read_mnist() -> tuple[Split, Split]:
    """60,000 train and 10,000 test images of 28x28."""
    return (
        Split(_read(TRAIN_IMAGES)[:, None], _read(TRAIN_LABELS)),
        Split(_read(TEST_IMAGES)[:, None], _read(TEST_LABELS)),
    )


def _read(file: IdxFile) -> Array:
    return read_idx(verified(_find(file), file), file.dimensions)


def verified(path: Path, file: IdxFile) -> Path:
    """`path`, whose bytes are the published ones.

    Raises:
        DataError: they are not; says what is wrong with them where it can tell.
    """
    try:
        found = file_digest(path)
    except OSError as error:
        raise DataError(
            f"{path} cannot be read ({error.strerror}); expected MNIST's {file.name}; check its "
            "permissions."
        ) from error
    if found == file.sha256:
        return path
    try:
        read_idx(path, file.dimensions)
    except DataError as error:
        raise DataError(f"{error} (It is not the published {file.name}.)") from error
    raise DataError(
        f"{path} has the SHA-256 {found}; expected {file.sha256}, the published {file.name}; "
        "replace the file."
    )


def _find(file: IdxFile) -> Path:
    """The file in the user's data folder, else in the cache, downloaded if need be."""
    folder = os.environ.get(DATA_VARIABLE)
    if folder:
        if not os.path.isdir(folder):
            raise DataError(
                f"{DATA_VARIABLE} names {folder!r}, which is no folder that can be read; expected "
                "the one that holds 'mnist'; correct it, or unset it to download."
            )
        path = Path(folder) / "mnist" / file.name
        # os.path: it says False, and does not raise, where the folder may not be searched.
        if os.path.isfile(path):
            return path
    cached = cache_folder() / "downloads" / "mnist" / file.name
    with locked(cached):
        if not cached.exists():
            _download(file, cached, folder)
    return cached


def _download(file: IdxFile, target: Path, folder: str | None) -> None:
    try:
        download([mirror + file.name for mirror in MIRRORS], target, file.sha256, MOST_BYTES)
    except DataError as error:
        known = f"{folder!r} has no mnist/{file.name}; " if folder else ""
        raise DataError(
            f"MNIST's {error}; {known}put the four published files into a folder 'mnist' and name "
            f"its parent in {DATA_VARIABLE}, or run again with a network."
        ) from error


MNIST = Dataset(
    name="mnist",
    summary=f"70,000 handwritten digits of 28x28; from {DATA_VARIABLE} or downloaded",
    version=1,
    samples=Samples((1, 28, 28), classes=10),
    read=read_mnist,
)
