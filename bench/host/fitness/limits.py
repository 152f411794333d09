"""What may be used of this machine and how much of its memory is free: limits of control groups.

Source: the kernel's Documentation/admin-guide/cgroup-v2.rst. A limit of any group above counts
too; inside a container only those files are there that the container shows.
"""

from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from bench.host.machine.accounts import (
    SYSTEM,
    read_control_groups,
    read_lines,
    read_memory_bytes,
    read_text,
)
from bench.host.machine.description import count_usable_processors
from bench.records.parts import MachineFinding, note_if

GIBIBYTE = 2**30
LEAST_AVAILABLE_BYTES = 2 * GIBIBYTE
UNLIMITED = "max"


def examine_limits(threads: int, system: Path = SYSTEM) -> list[MachineFinding]:
    """Examine how many processors may be used, by affinity and by quota, and how much memory."""
    usable = count_usable_processors()
    quota = read_cpu_quota(system)
    memory = read_memory_limit(system)
    none = "not read: control groups of version 1" if _of_version_1(system) else "none"
    processors = f"{usable} usable processors; quota: {none if quota is None else f'{quota:g}'}"
    tight = quota is not None and quota < threads
    if tight:
        processors += (
            f" for {threads} threads: all stop when it is used up, until the next period; "
            "give --threads no more than the quota"
        )
    limit = none if memory is None else f"{memory / GIBIBYTE:.1f} GiB for this control group"
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


def read_cpu_quota(system: Path = SYSTEM) -> float | None:
    """Read how many processors' time may be used; None without a limit."""
    quotas = []
    for folder in _groups(system):
        quota, _, period = (read_text(folder / "cpu.max") or UNLIMITED).partition(" ")
        if quota.isdecimal() and period.isdecimal() and int(period) > 0:
            quotas.append(int(quota) / int(period))
    return min(quotas, default=None)


def read_memory_limit(system: Path = SYSTEM) -> int | None:
    """Read how many bytes may be used before the system ends a process; None without a limit."""
    limits = [read_text(folder / "memory.max") or UNLIMITED for folder in _groups(system)]
    return min((int(limit) for limit in limits if limit.isdecimal()), default=None)


def read_available_memory(system: Path = SYSTEM) -> int | None:
    """Read how many bytes more can be used; None where the system does not tell.

    Of what a control group uses, files that nobody has read lately can be given back at once.
    """
    available = [read_memory_bytes(system / "proc").get("MemAvailable")]
    for folder in _groups(system):
        limit, used = (read_text(folder / f"memory.{name}") or "" for name in ("max", "current"))
        if limit.isdecimal() and used.isdecimal():
            lines = read_lines(folder / "memory.stat")
            files = [line.split()[1] for line in lines if line.startswith("inactive_file ")]
            available.append(int(limit) - int(used) + sum(map(int, files)))
    return min((size for size in available if size is not None), default=None)


def _of_version_1(system: Path) -> bool:
    return any("cpu" in controllers for controllers, _ in read_control_groups(system))


def _groups(system: Path) -> Iterator[Path]:
    groups = read_control_groups(system)
    group = next((path for controllers, path in groups if controllers == [""]), "/")
    mount = system / "sys/fs/cgroup"
    path = PurePosixPath(group.lstrip("/"))
    for folder in (path, *path.parents):
        yield mount / folder
