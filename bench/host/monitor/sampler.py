"""What the executor drives while a worker runs, and how often. Standard library only."""

from collections.abc import Callable, Mapping
from time import monotonic
from typing import Any, Protocol

SAMPLE_SECONDS = 0.2


class Monitor(Protocol):
    """Something that looks at a worker from outside; it never raises for what it cannot read."""

    def start(self, pid: int) -> None:
        """The worker's process exists."""

    def take_sample(self) -> None:
        """Look now: called every SAMPLE_SECONDS, later where the host is held up."""

    def handle_event(self, event: Mapping[str, Any]) -> None:
        """An event came, and nobody else has heard of it yet."""

    def end(self) -> None:
        """No process of the worker is left."""


class Unmonitored:
    """Looks at nothing."""

    def start(self, pid: int) -> None:
        """Nothing."""

    def take_sample(self) -> None:
        """Nothing."""

    def handle_event(self, event: Mapping[str, Any]) -> None:
        """Nothing."""

    def end(self) -> None:
        """Nothing."""


class Sampler:
    """Has a monitor sample at its times, as a loop that waits for something else comes by."""

    def __init__(self, monitor: Monitor, clock: Callable[[], float] = monotonic) -> None:
        self._monitor = monitor
        self._clock = clock
        self._due = clock() + SAMPLE_SECONDS

    @property
    def seconds_left(self) -> float:
        """How long the loop may wait: until the next sample, never below zero."""
        return max(0.0, self._due - self._clock())

    def take_due_sample(self) -> None:
        """Sample if it is time. Samples that were missed are not made up for."""
        if self._clock() >= self._due:
            self._monitor.take_sample()
            self._due = self._clock() + SAMPLE_SECONDS
