"""The interface of a monitor, and when it takes samples. Standard library only."""

from collections.abc import Callable, Mapping
from time import monotonic
from typing import Any

SAMPLE_SECONDS = 0.2


class Monitor:
    """Looks at a worker from outside, this one at nothing; never raises for what is unreadable."""

    def start(self, pid: int) -> None:
        """Begin, now that the worker's process exists."""

    def take_sample(self) -> None:
        """Look now: called every SAMPLE_SECONDS, later where the host is held up."""

    def handle_event(self, event: Mapping[str, Any]) -> None:
        """Handle an event that nobody else has heard of yet."""

    def end(self) -> None:
        """Stop, now that no process of the worker is left."""


class Sampler:
    """Lets a monitor take samples in time, whenever a loop that waits for something else asks."""

    def __init__(self, monitor: Monitor, clock: Callable[[], float] = monotonic) -> None:
        self._monitor = monitor
        self._clock = clock
        self._due = clock() + SAMPLE_SECONDS

    @property
    def seconds_left(self) -> float:
        """Seconds until the next sample, for which the loop may wait; never below zero."""
        return max(0.0, self._due - self._clock())

    def take_due_sample(self) -> None:
        """Take a sample if it is time. Samples that were missed are not made up for."""
        if self._clock() >= self._due:
            self._monitor.take_sample()
            self._due = self._clock() + SAMPLE_SECONDS
