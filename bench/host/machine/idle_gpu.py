"""Waits for an idle GPU: until no other program computes on it and its memory is free again.

Runs with the same cache folder take turns (`bench.host.cache.turn`). Runs of another user, and
other programs, show here alone: as processes that NVML lists before a trial and after it. And a
driver takes memory back some time after a process has ended.
"""

import sys
from collections.abc import Callable, Collection
from time import monotonic, sleep

from bench.host.machine.accounts import read_or_none
from bench.host.machine.nvml import VisibleGpu

# A run that takes turns with ours is away for as long as its host needs between two trials;
# a program that computes all day is not waited for any longer, and no driver either.
LIMIT_SECONDS = 30.0
LOOK_SECONDS, MEMORY_LOOK_SECONDS = 0.25, 0.05
# The driver's own share changes by less; no trial needs less.
TOLERATED_BYTES = 64 * 2**20

ProcessIds = frozenset[int]
NO_PROCESSES: ProcessIds = frozenset()


def find_gpu_processes(gpu: VisibleGpu) -> ProcessIds | None:
    """Find the processes that compute on a GPU; None where the driver does not tell, or no GPU."""
    processes = read_or_none(gpu.list_processes)
    return None if processes is None else frozenset(pid for pid, _ in processes)


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


def wait_for_released_memory(
    gpu: VisibleGpu,
    before: int | None,
    clock: Callable[[], float] = monotonic,
    pause: Callable[[float], None] = sleep,
) -> dict[str, float]:
    """Wait until hardly more memory is in use than before; return by how much it still is more.

    The next trial would find less memory than this one did.
    """
    if before is None:
        return {}
    deadline = clock() + LIMIT_SECONDS
    while True:
        now = read_or_none(gpu.read_used_bytes)
        if now is None or now - before <= TOLERATED_BYTES:
            return {}
        if clock() >= deadline:
            return {"device_unreleased_bytes": float(now - before)}
        pause(MEMORY_LOOK_SECONDS)
