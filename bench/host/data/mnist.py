"""MNIST (LeCun, Cortes, Burges 1998): the canonical four IDX files, whole."""

from dataclasses import dataclass
from pathlib import Path

from bench.host.data.dataset import Array, Dataset, Split
from bench.host.data.idx import read_idx
from bench.host.data.published import DATA_VARIABLE, Publication
from bench.spec import Samples

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
    """60,000 train and 10,000 test images of 28x28.

    Raises:
        DataError: a file cannot be had or is not the published one.
    """
    return (
        Split(_read(TRAIN_IMAGES)[:, None], _read(TRAIN_LABELS)),
        Split(_read(TEST_IMAGES)[:, None], _read(TEST_LABELS)),
    )


def _read(file: IdxFile) -> Array:
    return read_idx(check(_find(file), file), file.dimensions)


def check(path: Path, file: IdxFile) -> Path:
    """`path`, whose bytes are the published ones.

    Raises:
        DataError: they are not; says what is wrong with them where it can tell.
    """
    return PUBLICATION.check(
        path, file.name, file.sha256, lambda path: read_idx(path, file.dimensions)
    )


def _find(file: IdxFile) -> Path:
    return PUBLICATION.find(file.name, file.sha256)


MNIST = Dataset(
    name="mnist",
    summary=f"70,000 handwritten digits of 28x28; from {DATA_VARIABLE} or downloaded",
    version=1,
    samples=Samples((1, 28, 28), classes=10),
    read=read_mnist,
)
