"""The data sets by name."""

from bench.errors import DataError
from bench.host.data.banking77 import BANKING77
from bench.host.data.cifar10 import CIFAR10, CIFAR10_SUBSET
from bench.host.data.dataset import Dataset
from bench.host.data.digits import DIGITS
from bench.host.data.mnist import MNIST
from bench.host.data.synthetic import IMAGES, LIMITS, TEXTS, synthetic_dataset

DATASETS: dict[str, Dataset] = {
    dataset.name: dataset for dataset in (DIGITS, MNIST, CIFAR10, CIFAR10_SUBSET, BANKING77)
}
NAMES = f"{', '.join(DATASETS)}, {IMAGES} or {TEXTS} ({LIMITS})"


def find_dataset(name: str) -> Dataset:
    """The data set of that name: one of DATASETS, or a synthetic one.

    Raises:
        DataError: there is none of that name.
    """
    dataset = DATASETS.get(name) or synthetic_dataset(name)
    if dataset is None:
        raise DataError(
            f"There is no data set {name!r}; expected {NAMES}; see `python -m bench list datasets`."
        )
    return dataset
