"""Who else computes on the GPU: waits for them, and tells where the wait was in vain.

Runs with the same cache folder take turns (`bench.host.cache.turn`). Another user's, or another
program, is seen here alone, by the processes that NVML lists before a trial and after it.
"""

import sys
from collections.abc import Callable, Collection
from time import monotonic, sleep

from bench.host.machine.nvml import VisibleGpu
from bench.host.machine.unreadable import UnreadableError

# What takes turns with us is away for as long as its host needs between two trials; who computes
# all day is not waited for any longer.
LIMIT_SECONDS = 30.0
LOOK_SECONDS = 0.25

ProcessIds = frozenset[int]
NO_PROCESSES: ProcessIds = frozenset()


def find_gpu_processes(gpu: VisibleGpu) -> ProcessIds | None:
    """The processes that compute on it; None where the driver does not tell, or there is none."""
    try:
        return frozenset(process.pid for process in gpu.list_processes())
    except UnreadableError:
        return None


def wait_for_idle_gpu(
    gpu: VisibleGpu,
    known: Collection[int] = (),
    clock: Callable[[], float] = monotonic,
    pause: Callable[[float], None] = sleep,
) -> ProcessIds | None:
    """Wait until nobody computes on it; who does so still after the wait.

    Args:
        known: who was waited for in vain before, and is not again.
    """
    deadline, said = clock() + LIMIT_SECONDS, False
    while True:
        found = find_gpu_processes(gpu)
        if not found or found <= set(known) or clock() >= deadline:
            return found
        if not said:
            print("Waiting for others to leave the GPU ...", file=sys.stderr, flush=True)
            said = True
        pause(LOOK_SECONDS)


def count_other_processes(before: ProcessIds | None, after: ProcessIds | None) -> dict[str, float]:
    """How many there were beside a trial, right before it or right after it, for its record."""
    if before is None and after is None:
        return {}
    return {
        "device_other_processes": float(len((before or NO_PROCESSES) | (after or NO_PROCESSES)))
    }
