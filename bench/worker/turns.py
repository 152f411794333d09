"""Lets two workers train in turns, block by block: changes of the machine meet both alike.

They pass each other one byte. The worker that has it works; the other waits in a read, and takes no
processor. A worker that ends, for whatever reason, closes its ends of the pipes: the other one
reads their end, or cannot write any more, and goes on alone.
"""

import os
from time import perf_counter

from bench.job import Turns

BYTE = b"t"


class Partner:
    """Another worker at the other ends of two pipes; none where the machine is all ours."""

    def __init__(self, turns: Turns | None = None) -> None:
        self._turns = turns
        if turns is not None:
            for descriptor in (turns.reads, turns.writes):
                # A framework that forks must not hold them open after the worker has died.
                os.set_inheritable(descriptor, False)

    def begin(self) -> None:
        """Begin if this is the first worker, else wait until that one passes its turn on."""
        if self._turns is not None and not self._turns.first:
            self._wait(self._turns)

    def pass_on(self) -> float | None:
        """Let the other worker work; return the seconds until our turn; None without another."""
        if self._turns is None:
            return None
        start = perf_counter()
        try:
            os.write(self._turns.writes, BYTE)
        except BrokenPipeError:
            self._turns = None
            return None
        self._wait(self._turns)
        return perf_counter() - start

    def _wait(self, turns: Turns) -> None:
        if os.read(turns.reads, len(BYTE)) == b"":
            self._turns = None
