"""What else the processors did while a trial ran."""

import resource
from dataclasses import dataclass, field
from time import monotonic

import psutil


@dataclass(frozen=True)
class Load:
    """Processor time during a trial, over all processors.

    Attributes:
        worker_seconds: user and system time of the worker and its children.
        other_seconds: of everything else, the host included.
        other_share: `other_seconds` by the time that the processors had.
    """

    worker_seconds: float
    other_seconds: float
    other_share: float


@dataclass
class LoadMeter:
    """Reads the operating system's own accounts before and after; nothing runs in between."""

    _start: float = field(default_factory=monotonic)
    _busy: float = field(default_factory=lambda: _busy_seconds())
    _children: float = field(default_factory=lambda: _children_seconds())

    def read(self) -> Load:
        """The load since this meter was made; the worker has to have ended."""
        elapsed = monotonic() - self._start
        worker = _children_seconds() - self._children
        # The system counts in ticks of 10 ms, the worker in microseconds: never below zero.
        other = max(0.0, _busy_seconds() - self._busy - worker)
        processors = psutil.cpu_count(logical=True) or 1
        return Load(worker, other, min(1.0, other / max(elapsed * processors, 1e-9)))


def _busy_seconds() -> float:
    times = psutil.cpu_times()._asdict()
    # guest time is part of user time already.
    idle = ("idle", "iowait", "guest", "guest_nice")
    return float(sum(value for name, value in times.items() if name not in idle))


def _children_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime
