"""Waits until a GPU's memory is free again: a driver takes it back some time after a process."""

from collections.abc import Callable
from time import monotonic, sleep

from bench.host.machine.nvml import VisibleGpu
from bench.host.machine.unreadable import read_or_none

LIMIT_SECONDS = 30.0
LOOK_SECONDS = 0.05
# The driver's own share changes by less; no trial needs less.
TOLERATED_BYTES = 64 * 2**20


def read_used_bytes(gpu: VisibleGpu) -> int | None:
    """Read the memory in use on a GPU; None where the driver does not tell, or without GPU."""
    return read_or_none(gpu.read_used_bytes)


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
        now = read_used_bytes(gpu)
        if now is None or now - before <= TOLERATED_BYTES:
            return {}
        if clock() >= deadline:
            return {"device_unreleased_bytes": float(now - before)}
        pause(LOOK_SECONDS)
