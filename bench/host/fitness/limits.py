"""Examines what may be used of this machine and how much of its memory is free."""

from pathlib import Path

from bench.host.machine.accounts import SYSTEM, read_memory_bytes
from bench.host.machine.description import count_usable_processors
from bench.host.machine.limits import read_cpu_quota, read_memory_limit
from bench.records.parts import MachineFinding, note_if

GIBIBYTE = 2**30
LEAST_AVAILABLE_BYTES = 2 * GIBIBYTE


def examine_limits(threads: int, system: Path = SYSTEM) -> list[MachineFinding]:
    """Examine how many processors may be used, by affinity and by quota, and how much memory."""
    usable = count_usable_processors()
    quota = read_cpu_quota(system)
    memory = read_memory_limit(system)
    processors = f"{usable} usable processors; quota: {'none' if quota is None else f'{quota:g}'}"
    tight = quota is not None and quota < threads
    if tight:
        processors += (
            f" for {threads} threads: all stop when it is used up, until the next period; "
            "give --threads no more than the quota"
        )
    limit = "none" if memory is None else f"{memory / GIBIBYTE:.1f} GiB for this control group"
    return [
        note_if(tight, "processor limit", processors),
        MachineFinding("memory limit", "ok", limit),
    ]


def examine_memory() -> list[MachineFinding]:
    """Examine how much memory is free, and how much was written out: swapping measures the disk."""
    memory = read_memory_bytes()
    try:
        available, total = memory["MemAvailable"], memory["MemTotal"]
        swapped = memory["SwapTotal"] - memory["SwapFree"]
    except KeyError as missing:
        return [MachineFinding("memory", "ok", f"the system does not tell its {missing.args[0]}")]
    free = f"{available / GIBIBYTE:.1f} GiB free of {total / GIBIBYTE:.1f} GiB"
    advice = "; memory has been short here, and what is in it is slow to come back"
    swap = f"{swapped / GIBIBYTE:.1f} GiB in use{advice}" if swapped else "none in use"
    return [
        note_if(available < LEAST_AVAILABLE_BYTES, "memory", free),
        note_if(swapped > 0, "swap", swap),
    ]
