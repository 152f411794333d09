"""The inputs of a trial: memory-mapped arrays that every framework reads from the same bytes.

Batches that are gathered from them, or the framework's own loader, feed the training.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from bench.errors import WorkerError
from bench.job import NATIVE, ON_DEVICE, PREPARED, Job
from bench.protocol.digests import combine, hash_array, hash_arrays, hash_parts
from bench.spec import ModelSpec, arrays_of, check_parameters
from bench.worker.backend import Backend, LoadingBackend, PlacingBackend

# Batches are gathered a block at a time, before the clock starts; this bounds what a block holds.
BLOCK_BYTES = 512 * 2**20
CHUNK = 1024
EVALUATION_BATCH = 500

Arrays = np.ndarray[Any, Any]
# Takes the steps of a block; returns the handles of their losses.
TakeSteps = Callable[[], list[Any]]


@dataclass(frozen=True)
class Batches:
    """Training batches in the host's order, and test batches.

    Attributes:
        weights: canonical initial weights and running statistics by name.
        order: sample indices, (epochs, steps, batch size).
    """

    weights: dict[str, Arrays]
    order: Arrays
    train_inputs: Arrays
    train_labels: Arrays
    test_inputs: Arrays
    test_labels: Arrays
    _buffers: dict[str, Arrays] = field(default_factory=dict)

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
        """Largest number of steps that one block may hold in memory."""
        batch_bytes = int(self.train_inputs[0].nbytes) * self.batch_size
        return max(1, BLOCK_BYTES // batch_bytes)

    def select_steps(self, first: int, steps: int) -> Arrays:
        """Select the sample indices of steps, counted over all epochs: (steps, batch size)."""
        return self.order.reshape(-1, self.batch_size)[first : first + steps]

    def gather_block(self, first: int, steps: int) -> tuple[Arrays, Arrays]:
        """Gather inputs and labels of consecutive steps: (steps, batch size, ...).

        Steps are counted over all epochs. The arrays stand in the same memory each time,
        valid until the next call: fresh memory for every block would cost more in page
        faults than the copy.
        """
        indices = self.select_steps(first, steps)
        return (
            self._gather("inputs", self.train_inputs, indices),
            self._gather("labels", self.train_labels, indices),
        )

    def _gather(self, name: str, source: Arrays, indices: Arrays) -> Arrays:
        buffer = self._buffers.get(name)
        if buffer is None or len(buffer) < len(indices):
            buffer = np.empty((*indices.shape, *source.shape[1:]), source.dtype)
            self._buffers[name] = buffer
        # The indices are known to be in range; mode "raise" would gather into a copy first.
        return np.take(source, indices, axis=0, out=buffer[: len(indices)], mode="clip")

    def iterate_test_batches(self) -> Iterator[tuple[Arrays, Arrays]]:
        """Iterate over the test data in batches; the last one may be smaller."""
        for first in range(0, len(self.test_labels), EVALUATION_BATCH):
            part = slice(first, first + EVALUATION_BATCH)
            yield np.array(self.test_inputs[part]), np.array(self.test_labels[part])


def load_batches(job: Job, spec: ModelSpec) -> tuple[Batches, dict[str, str]]:
    """Load the inputs of a job, with the digests of the arrays that were read.

    Digests are of the canonical form: images in another layout are turned back
    first, so that a wrong transposition would show. Hashing reads every byte
    once, so that no framework pays for the disk later.

    Raises:
        WorkerError: a digest differs from that of what the host made.
        WeightsError: the weights do not fit the manifest.
    """
    with np.load(job.weights, allow_pickle=False) as archive:
        weights = {name: archive[name] for name in archive.files}
    order = np.load(job.order, allow_pickle=False)
    arrays = {
        name: np.load(path, mmap_mode="r", allow_pickle=False) for name, path in job.arrays.items()
    }
    digests = {
        "weights": hash_arrays(weights),
        "data": combine(
            {name: compute_canonical_digest(array, job) for name, array in arrays.items()}
        ),
        "order": hash_array(order),
    }
    for name, digest in digests.items():
        if digest != job.digests[name]:
            raise WorkerError(
                f"The input {name!r} has the digest {digest[:12]}, the host made "
                f"{job.digests[name][:12]}; the cached data is damaged: run `python -m bench "
                "prepare` to make it again."
            )
    check_parameters(arrays_of(spec), weights, "the weights")
    return Batches(weights, order, **arrays), digests


def compute_canonical_digest(array: Arrays, job: Job) -> str:
    """Compute the digest of samples with images turned back to (channels, height, width)."""
    if array.ndim != 4 or job.execution.layout == "NCHW":
        return hash_array(array)
    samples, height, width, channels = array.shape
    # In chunks: a turned copy of a whole data set would show in the trial's peak memory.
    parts = (
        np.ascontiguousarray(array[first : first + CHUNK].transpose(0, 3, 1, 2))
        for first in range(0, samples, CHUNK)
    )
    return hash_parts(array.dtype.str, (samples, channels, height, width), parts)


@dataclass
class PreparedFeed:
    """Gathers batches before the clock starts: nothing but training is measured.

    Attributes:
        places: whether they are put where the model computes too, so that no copy is measured.
    """

    backend: Any
    batches: Batches
    places: bool = False

    def prepare_block(self, first: int, steps: int, end: int) -> TakeSteps:
        """Prepare a block of steps from step `first` on; what it returns is measured."""
        backend = self.backend
        gathered = list(zip(*self.batches.gather_block(first, steps), strict=True))
        if self.places:
            gathered = [backend.place(*batch) for batch in gathered]
        take_step = backend.step_loaded if self.places else backend.step
        return lambda: [take_step(*batch) for batch in gathered]


@dataclass
class NativeFeed:
    """Lets the framework's own loader read, gather and hand over batches while the clock runs.

    The loader is started where training is, after each evaluation, as its users do for each
    epoch; that is measured too.
    """

    backend: LoadingBackend
    batches: Batches
    _loaded: Iterator[tuple[Any, Any]] | None = None
    _next: int = 0

    def prepare_block(self, first: int, steps: int, end: int) -> TakeSteps:
        """Prepare nothing; the loader, which works while the clock runs, ends at step `end`."""

        def take() -> list[Any]:
            if self._loaded is None or first != self._next:
                order = self.batches.select_steps(first, end - first)
                inputs, labels = self.batches.train_inputs, self.batches.train_labels
                self._loaded = iter(self.backend.loader(inputs, labels, order))
            handles = [self.backend.step_loaded(*next(self._loaded)) for _ in range(steps)]
            self._next = first + steps
            if self._next == end:
                self._loaded = None
            return handles

        return take


# It prepares blocks of training steps, in the order of the batches.
Feed = PreparedFeed | NativeFeed


def make_feed(name: str, backend: Backend, batches: Batches) -> Feed:
    """Make the feed that a trial asks for.

    Raises:
        WorkerError: the framework has no loader, or cannot place batches.
    """
    if name == NATIVE and isinstance(backend, LoadingBackend):
        return NativeFeed(backend, batches)
    if name == ON_DEVICE and isinstance(backend, PlacingBackend):
        return PreparedFeed(backend, batches, places=True)
    if name == PREPARED:
        return PreparedFeed(backend, batches)
    method = "loader" if name == NATIVE else "place"
    raise WorkerError(
        f"The framework's Backend has no {method} and step_loaded, which the input {name!r} needs; "
        "add them as bench/worker/backend.py describes them, or leave out `inputs` from the plan."
    )
