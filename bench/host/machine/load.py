"""Measures what happened to the processors while a trial ran, by accounts that the system keeps."""

import resource
from dataclasses import dataclass
from time import monotonic
from typing import TypeVar

from bench.host.machine import accounts
from bench.host.machine.accounts import count_throttle_events, read_or_none
from bench.host.machine.nvml import VisibleGpu
from bench.records.parts import Load

Number = TypeVar("Number", int, float)


@dataclass(frozen=True)
class Conditions:
    """The accounts at one time; each only grows. None where this machine keeps none.

    Attributes:
        time: seconds of a clock that never goes back.
        busy_seconds: time of all processors, for anybody, other guests of a hypervisor included.
        steal_seconds: time that a hypervisor took for other guests.
        worker_seconds: user and system time of children that have ended.
        involuntary_switches: times that such a child had to leave a processor to somebody else.
        throttle_events: times that heat slowed a core or package down.
        gpu_thermal_seconds: time that heat kept the GPU's clocks down.
    """

    time: float
    busy_seconds: float
    steal_seconds: float | None
    worker_seconds: float
    involuntary_switches: int
    throttle_events: int | None
    gpu_thermal_seconds: float | None


def read_conditions(gpu: VisibleGpu | None = None) -> Conditions:
    """Read all accounts as they are now.

    Raises:
        MachineError: the system shows none.
    """
    times = accounts.read_cpu_seconds()
    idle = ("idle", "iowait")
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return Conditions(
        time=monotonic(),
        busy_seconds=sum(value for name, value in times.items() if name not in idle),
        steal_seconds=times.get("steal"),
        worker_seconds=children.ru_utime + children.ru_stime,
        involuntary_switches=children.ru_nivcsw,
        throttle_events=count_throttle_events(),
        gpu_thermal_seconds=read_or_none(gpu.read_thermal_seconds) if gpu else None,
    )


def compute_load(before: Conditions, after: Conditions, earlier_seconds: float = 0.0) -> Load:
    """Compute what changed between two times; processor time is that of all processors.

    The worker between them has to have ended.

    Args:
        earlier_seconds: processor time that this worker had taken before the first of them.
    """
    available = max((after.time - before.time) * accounts.count_logical_processors(), 1e-9)
    worker = after.worker_seconds - before.worker_seconds
    # The system counts in ticks of 10 ms, the worker in microseconds: never below zero.
    meanwhile = max(0.0, worker - earlier_seconds)
    other = max(0.0, after.busy_seconds - before.busy_seconds - meanwhile)
    steal = _growth(before.steal_seconds, after.steal_seconds)
    return Load(
        worker_seconds=worker,
        other_seconds=other,
        other_share=min(1.0, other / available),
        steal_share=None if steal is None else min(1.0, steal / available),
        involuntary_switches=after.involuntary_switches - before.involuntary_switches,
        throttle_events=_growth(before.throttle_events, after.throttle_events),
        gpu_thermal_seconds=_growth(before.gpu_thermal_seconds, after.gpu_thermal_seconds),
    )


def _growth(before: Number | None, after: Number | None) -> Number | None:
    # A processor that went offline takes its counter along; steal is known to go back at times.
    return None if before is None or after is None else max(after - before, 0)
