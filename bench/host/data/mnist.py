"""MNIST (LeCun, Cortes, Burges 1998): the canonical four IDX files, whole."""

from bench.host.data.dataset import Array, Dataset, Split
from bench.host.data.idx import read_idx
from bench.host.data.published import DATA_VARIABLE, Publication, PublishedFile
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


MNIST = Dataset(
    name="mnist",
    summary=f"70,000 handwritten digits of 28x28; from {DATA_VARIABLE} or downloaded",
    version=1,
    samples=Samples((1, 28, 28), classes=10),
    read=read_mnist,
)
