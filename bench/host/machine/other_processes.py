"""Other programs that compute on the GPU: waits for them, and counts those that stayed.

Runs with the same cache folder take turns (`bench.host.cache.turn`). Runs of another user, and
other programs, show here alone: as processes that NVML lists before a trial and after it.
"""

import sys
from collections.abc import Callable, Collection
from time import monotonic, sleep

from bench.host.machine.nvml import VisibleGpu
from bench.host.machine.unreadable import read_or_none

# A run that takes turns with ours is away for as long as its host needs between two trials;
# a program that computes all day is not waited for any longer.
LIMIT_SECONDS = 30.0
LOOK_SECONDS = 0.25

ProcessIds = frozenset[int]
NO_PROCESSES: ProcessIds = frozenset()


def find_gpu_processes(gpu: VisibleGpu) -> ProcessIds | None:
    """Find the processes that compute on a GPU; None where the driver does not tell, or no GPU."""
    processes = read_or_none(gpu.list_processes)
    return None if processes is None else frozenset(process.pid for process in processes)


def wait_for_idle_gpu(
    gpu: VisibleGpu,
    stayed_before: Collection[int] = (),
    clock: Callable[[], float] = monotonic,
    pause: Callable[[float], None] = sleep,
) -> ProcessIds | None:
    """Wait until no process computes on a GPU; return those that still do after the wait.

    Args:
        stayed_before: processes that were waited for in vain and are not waited for again.
    """
    deadline, announced = clock() + LIMIT_SECONDS, False
    while True:
        processes = find_gpu_processes(gpu)
        if not processes or processes <= set(stayed_before) or clock() >= deadline:
            return processes
        if not announced:
            print("Waiting for others to leave the GPU ...", file=sys.stderr, flush=True)
            announced = True
        pause(LOOK_SECONDS)


def count_other_processes(before: ProcessIds | None, after: ProcessIds | None) -> dict[str, float]:
    """Count the processes beside a trial, right before it or right after it, for its record."""
    if before is None and after is None:
        return {}
    processes = (before or NO_PROCESSES) | (after or NO_PROCESSES)
    return {"device_other_processes": float(len(processes))}
