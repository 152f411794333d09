"""The data sets by name."""

from bench.host.data.dataset import Dataset
from bench.host.data.digits import DIGITS
from bench.host.data.mnist import MNIST

DATASETS: dict[str, Dataset] = {dataset.name: dataset for dataset in (DIGITS, MNIST)}
