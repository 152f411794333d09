"""Lets two workers train in turns, block by block: changes of the machine meet both alike.

They pass each other one byte. The worker that has it works; the other waits in a read, and takes no
processor. A worker that ends, for whatever reason, closes its ends of the pipes: the other one
reads their end, or cannot write any more, and goes on alone.
"""

import os
from time import perf_counter
from typing import Protocol

from bench.job import Turns

BYTE = b"t"


class Partner(Protocol):
    """The worker that another one shares the machine with."""

    def begin(self) -> None:
        """Wait for the first turn."""

    def pass_on(self) -> float | None:
        """Let the other worker work; return the seconds until our turn; None without another."""


class Nobody:
    """No other worker: the machine is all ours."""

    def begin(self) -> None:
        """Begin at once."""

    def pass_on(self) -> None:
        """Go on, since there is no other worker."""


class InTurns:
    """Another worker at the other ends of two pipes."""

    def __init__(self, turns: Turns) -> None:
        self._turns = turns
        self._alone = False
        for descriptor in (turns.reads, turns.writes):
            # A framework that forks must not hold them open after the worker has died.
            os.set_inheritable(descriptor, False)

    def begin(self) -> None:
        """Begin if this is the first worker, else wait until that one passes its turn on."""
        if not self._turns.first:
            self._wait()

    def pass_on(self) -> float | None:
        """Wake the other worker, and sleep until it does the same."""
        if self._alone:
            return None
        start = perf_counter()
        try:
            os.write(self._turns.writes, BYTE)
        except BrokenPipeError:
            self._alone = True
            return None
        self._wait()
        return perf_counter() - start

    def _wait(self) -> None:
        self._alone = os.read(self._turns.reads, len(BYTE)) == b""


def make_partner(turns: Turns | None) -> Partner:
    """Make the partner that a job says its worker takes turns with."""
    return Nobody() if turns is None else InTurns(turns)
