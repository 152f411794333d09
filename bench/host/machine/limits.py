"""What control groups leave of this machine: processor time and memory.

Sources: the kernel's Documentation/admin-guide/cgroup-v2.rst, cgroup-v1/memory.rst and
scheduler/sched-bwc.rst. A limit of any group above counts too; inside a container only those files
are there that the container shows.
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

# Version 1 writes a number near the largest of 64 bits, rounded to pages, where there is no limit.
UNLIMITED_BYTES = 2**62


def read_cpu_quota(system: Path = SYSTEM) -> float | None:
    """Read how many processors' time may be used; None without a limit."""
    quotas = []
    for folder in _find_groups(system, "cpu"):
        quota, _, period = (read_text(folder / "cpu.max") or "").partition(" ")
        if not period:
            quota, period = (
                read_text(folder / f"cpu.cfs_{name}_us") or "" for name in ("quota", "period")
            )
        if quota.isdecimal() and period.isdecimal() and int(quota) > 0 and int(period) > 0:
            quotas.append(int(quota) / int(period))
    return min(quotas, default=None)


def read_memory_limit(system: Path = SYSTEM) -> int | None:
    """Read how many bytes may be used before the system ends a process; None without a limit."""
    limits = [limit for _, limit in _find_memory_limits(system)]
    return min(limits, default=None)


def read_available_memory(system: Path = SYSTEM) -> int | None:
    """Read how many bytes more can be used; None where the system does not tell.

    Of what a control group uses, files that nobody has read lately can be given back at once.
    """
    available = [read_memory_bytes(system / "proc").get("MemAvailable")]
    for folder, limit in _find_memory_limits(system):
        used = _read_first(folder, "memory.current", "memory.usage_in_bytes")
        if used.isdecimal():
            available.append(limit - int(used) + _read_idle_bytes(folder))
    return min((size for size in available if size is not None), default=None)


def _find_memory_limits(system: Path) -> Iterator[tuple[Path, int]]:
    for folder in _find_groups(system, "memory"):
        limit = _read_first(folder, "memory.max", "memory.limit_in_bytes")
        if limit.isdecimal() and int(limit) < UNLIMITED_BYTES:
            yield folder, int(limit)


def _read_idle_bytes(folder: Path) -> int:
    """Read the size of files that nobody has read lately, of this group and those below it."""
    entries = dict(line.split(maxsplit=1) for line in read_lines(folder / "memory.stat") if line)
    # Version 1 has two, of the group alone and of all below it too.
    return int(entries.get("total_inactive_file", entries.get("inactive_file", 0)))


def _read_first(folder: Path, *names: str) -> str:
    return next(filter(None, (read_text(folder / name) for name in names)), "")


def _find_groups(system: Path, controller: str) -> Iterator[Path]:
    """Find the folders of this process's groups that may limit it, in both versions."""
    mount = system / "sys/fs/cgroup"
    for controllers, group in read_control_groups(system):
        if controllers == [""]:
            mounts = [mount, mount / "unified"]
        elif controller in controllers:
            mounts = [mount / ",".join(controllers), mount / controller]
        else:
            continue
        path = PurePosixPath(group.lstrip("/"))
        for place in mounts:
            yield from (place / folder for folder in (path, *path.parents))
    if not read_control_groups(system):
        yield mount
