"""Measures the memory of a worker and its children on the host, from /proc.

Anonymous memory is what a process has allocated and touched (bench/protocol/anonymous.py). The
kernel keeps the counters at all times, so that reading them takes no lock of the process, as
/proc/PID/smaps would (proc(5)).
"""

from collections.abc import Callable, Collection
from pathlib import Path

from bench.host.machine.accounts import PROC, UnreadableError, find_descendants, read_text
from bench.host.monitor.sampler import SAMPLE_SECONDS
from bench.protocol.anonymous import parse_anonymous_bytes

# Finding children means reading about every process of the machine: 1 ms for 70 of them.
SAMPLES_A_SEARCH = 5


class Family:
    """A process and its descendants, searched for once a second."""

    def __init__(self, pid: int, search: Callable[[int], list[int]] = find_descendants) -> None:
        self._pid = pid
        self._search = search
        self._descendants: list[int] = []
        self._until_search = 0

    def find_pids(self) -> list[int]:
        """Find the processes, the first one first; to be called once a sample."""
        if self._until_search == 0:
            self._descendants = self._search(self._pid)
            self._until_search = SAMPLES_A_SEARCH
        self._until_search -= 1
        return [self._pid, *self._descendants]


class AnonymousMemory:
    """The largest anonymous memory of some processes together, among samples.

    A lower bound: what is allocated and given back between two samples is not seen. Pages that a
    child shares with its parent, since a fork or by agreement, are in the counters of both.
    """

    def __init__(self, proc: Path = PROC) -> None:
        self._proc = proc
        self._peak: int | None = None

    def take_sample(self, pids: Collection[int]) -> None:
        """Read the memory of those processes that live."""
        # Of one that has ended there is no text, or one without the number.
        texts = [read_text(self._proc / str(pid) / "status") or "" for pid in pids]
        sizes = [size for text in texts if (size := parse_anonymous_bytes(text)) is not None]
        if sizes:
            self._peak = max(sum(sizes), self._peak or 0)

    def read_peak_bytes(self) -> int:
        """Return the largest sample.

        Raises:
            UnreadableError: there was no sample.
        """
        if self._peak is None:
            raise UnreadableError(
                f"{self._proc}/PID/status never told RssAnon: the worker ended within "
                f"{SAMPLE_SECONDS} s, or this system has no such file."
            )
        return self._peak
