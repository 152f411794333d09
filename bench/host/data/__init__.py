"""The project's own data sets by name; `bench.host.planning.catalog` adds the user's.

Every reader in this folder raises DataError, whose message is one line, where a file cannot be
had or read, or where it is not what it should be.
"""

from bench.host.data.banking77 import BANKING77
from bench.host.data.cifar10 import CIFAR10, CIFAR10_SUBSET
from bench.host.data.dataset import Dataset
from bench.host.data.digits import DIGITS
from bench.host.data.mnist import MNIST

DATASETS: dict[str, Dataset] = {
    dataset.name: dataset for dataset in (DIGITS, MNIST, CIFAR10, CIFAR10_SUBSET, BANKING77)
}
