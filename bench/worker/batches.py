"""The inputs of a trial: memory-mapped arrays that every framework reads from the same bytes."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from bench.digests import digest_array, digest_arrays
from bench.errors import WorkerError
from bench.job import Job
from bench.spec import ModelSpec, check_parameters

# Batches are gathered a block at a time, before the clock starts; this bounds what a block holds.
BLOCK_BYTES = 256 * 2**20
EVALUATION_BATCH = 500

Arrays = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Batches:
    """Training batches in the host's order, and test batches.

    Attributes:
        weights: canonical initial weights by name.
        order: (epochs, steps, batch size) sample indices.
    """

    weights: dict[str, Arrays]
    order: Arrays
    train_images: Arrays
    train_labels: Arrays
    test_images: Arrays
    test_labels: Arrays

    @property
    def epochs(self) -> int:
        """Number of passes over the training data."""
        return int(self.order.shape[0])

    @property
    def steps(self) -> int:
        """Training steps of an epoch."""
        return int(self.order.shape[1])

    @property
    def batch_size(self) -> int:
        """Samples of a step."""
        return int(self.order.shape[2])

    @property
    def most_steps(self) -> int:
        """How many steps one block may hold in memory."""
        batch_bytes = int(self.train_images[0].nbytes) * self.batch_size
        return max(1, BLOCK_BYTES // batch_bytes)

    def block(self, epoch: int, first: int, steps: int) -> tuple[Arrays, Arrays]:
        """Images and labels of `steps` consecutive steps, gathered: (steps, batch size, ...)."""
        chosen = self.order[epoch, first : first + steps]
        return np.asarray(self.train_images[chosen]), np.asarray(self.train_labels[chosen])

    def test(self) -> Iterator[tuple[Arrays, Arrays]]:
        """The test data in batches; the last one may be smaller."""
        for first in range(0, len(self.test_labels), EVALUATION_BATCH):
            part = slice(first, first + EVALUATION_BATCH)
            yield np.array(self.test_images[part]), np.array(self.test_labels[part])


def load_batches(job: Job, spec: ModelSpec) -> Batches:
    """Open the inputs of a job and check that they are the bytes that the host made.

    Hashing reads every byte once, so that no framework pays for the disk later.

    Raises:
        WorkerError: an array's digest differs from the job's.
        WeightsError: the weights do not fit the manifest.
    """
    with np.load(job.weights, allow_pickle=False) as archive:
        weights = {name: archive[name] for name in archive.files}
    order = np.load(job.order, allow_pickle=False)
    arrays = {
        name: np.load(path, mmap_mode="r", allow_pickle=False) for name, path in job.arrays.items()
    }
    _check("weights", digest_arrays(weights), job.digests["weights"])
    _check("order", digest_array(order), job.digests["order"])
    for name, array in arrays.items():
        _check(name, digest_array(array), job.array_digests[name])
    check_parameters(spec.parameters(), weights, "the weights")
    return Batches(weights, order, **arrays)


def _check(name: str, found: str, expected: str) -> None:
    if found != expected:
        raise WorkerError(
            f"The input {name!r} has the digest {found[:12]}, the host made {expected[:12]}; "
            "the cached data is damaged: run `python -m bench prepare` to make it again."
        )
