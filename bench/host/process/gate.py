"""The host's side of a gate: a worker that has been prepared waits there until it may train."""

import os
import threading
from collections.abc import Callable
from contextlib import suppress
from time import monotonic

from bench.host.process.outcome import Event

BYTE = b"t"


class Gate:
    """Holds one worker back: `bench.worker.process` is its side.

    Attributes:
        reads: the worker's end of a pipe, which is handed over to it.
        settled: set once the worker waits; whoever runs it sets it, too, when it has ended.
    """

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self.reads, self._writes = os.pipe()
        self.settled = threading.Event()
        self._clock = clock
        self._since: float | None = None
        self._until: float | None = None

    def read_clock(self) -> float:
        """Read a clock that stands still while the worker waits, for none of that is its own."""
        now = self._clock()
        if self._since is None:
            return now
        return now - ((now if self._until is None else self._until) - self._since)

    def handle_event(self, event: Event) -> None:
        """Begin to wait where the worker says so; once it has been let through, that is nothing."""
        if event["event"] == "waiting" and self._since is None and self._until is None:
            self._since = self._clock()
            self.settled.set()

    def open(self) -> None:
        """Let the worker train."""
        # One that has died meanwhile says so itself.
        with suppress(BrokenPipeError):
            os.write(self._writes, BYTE)
        self.shut()

    def shut(self) -> None:
        """Let go of the worker, which ends unless the gate was opened before."""
        if self._until is None:
            self._until = self._clock()
            os.close(self._writes)
