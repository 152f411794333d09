"""Feeds training with batches: arrays gathered beforehand, or the framework's own loader."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from bench.errors import WorkerError
from bench.job import NATIVE
from bench.worker.backend import Backend, LoadingBackend
from bench.worker.batches import Batches

# Takes the steps of a block; returns the handles of their losses.
TakeSteps = Callable[[], list[Any]]


@dataclass
class PreparedFeed:
    """Gathers batches in memory before the clock starts: nothing but training is measured."""

    backend: Backend
    batches: Batches

    def prepare_block(self, first: int, steps: int, end: int) -> TakeSteps:
        """Prepare a block of steps from step `first` on; what it returns is measured."""
        inputs, labels = self.batches.gather_block(first, steps)
        take_step = self.backend.step

        def take() -> list[Any]:
            return [take_step(inputs[index], labels[index]) for index in range(steps)]

        return take


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
        WorkerError: the framework has no loader.
    """
    if name != NATIVE:
        return PreparedFeed(backend, batches)
    if not isinstance(backend, LoadingBackend):
        raise WorkerError(
            "The framework's Backend has no loader and step_loaded; add them as "
            "bench/worker/backend.py describes them, or leave out `inputs` from the plan."
        )
    return NativeFeed(backend, batches)
