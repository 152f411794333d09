"""Reads what Linux says of processors, memory and processes: /proc (proc(5)) and /sys."""

import os
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import TypeVar

from bench.errors import MachineError

Value = TypeVar("Value")

SYSTEM = Path("/")
PROC = Path("/proc")
PROCESSORS = Path("/sys/devices/system/cpu")
CPU_TIMES = ("user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal")


class UnreadableError(Exception):
    """A number that cannot be read here; the message is a sentence that says why."""


def read_or_none(read: Callable[[], Value]) -> Value | None:
    """Return what `read` returns, or None where it raises UnreadableError."""
    try:
        return read()
    except UnreadableError:
        return None


def read_cpu_seconds(proc: Path = PROC) -> dict[str, float]:
    """Read the processor time since the start by what it went to, all processors together.

    Time of guests is part of user time.

    Raises:
        MachineError: the system does not show it: nobody would see what else runs here.
    """
    accounts = proc / "stat"
    ticks = [line.split()[1:] for line in read_lines(accounts) if line.startswith("cpu ")]
    if not ticks:
        raise MachineError(
            f"{accounts} cannot be read; expected a Linux that shows its processors' accounts, "
            "without which nothing tells what other programs took from a trial, nor its memory; "
            "mount it (mount -t proc proc /proc), or run in a container that has it."
        )
    a_second = os.sysconf("SC_CLK_TCK")
    # Columns that came later than the kernel at hand are not there.
    return {name: int(count) / a_second for name, count in zip(CPU_TIMES, ticks[0], strict=False)}


def count_logical_processors() -> int:
    """Count the processors that are online, whether this process may run on them or not."""
    return os.sysconf("SC_NPROCESSORS_ONLN")


def count_physical_cores(
    processors: Path = PROCESSORS, proc: Path = PROC, usable: Collection[int] | None = None
) -> int | None:
    """Count the cores that are online; None where the system does not tell them from threads.

    Args:
        usable: count only the cores of these logical processors.
    """
    # Processors of one core have the same list. The second is its name before Linux 5.3.
    for name in ("core_cpus_list", "thread_siblings_list"):
        files = {
            int(file.parent.parent.name.removeprefix("cpu")): file
            for file in processors.glob(f"cpu[0-9]*/topology/{name}")
        }
        chosen = [file for number, file in files.items() if usable is None or number in usable]
        if cores := {tuple(read_lines(file)) for file in chosen} - {()}:
            return len(cores)
    return len(_cores_of_cpuinfo(proc, usable)) or None


def _cores_of_cpuinfo(proc: Path, usable: Collection[int] | None) -> set[tuple[str, str]]:
    # For systems that hide /sys: (package, core) of all processors.
    cores, package, number = set(), "", ""
    for line in read_lines(proc / "cpuinfo"):
        name, _, value = (part.strip() for part in line.partition(":"))
        if name == "processor":
            number = value
        elif name == "physical id":
            package = value
        # It comes after its processor and its package.
        elif name == "core id" and (usable is None or number in map(str, usable)):
            cores.add((package, value))
    return cores


def read_memory_bytes(proc: Path = PROC) -> dict[str, int]:
    """Read the memory of the machine by the names in /proc/meminfo, such as MemAvailable."""
    sizes = {}
    for line in read_lines(proc / "meminfo"):
        name, _, value = line.partition(":")
        if value.endswith(" kB"):
            sizes[name] = int(value.split()[0]) * 1024
    return sizes


def count_throttle_events(system: Path = SYSTEM) -> int | None:
    """Count how often heat slowed cores and packages down since the start; None if nobody counts.

    Linux counts it on Intel's for each core and each package, and shows it by every logical
    processor of it: Documentation/ABI/testing/sysfs-devices-system-cpu (thermal_throttle).
    """
    counters: dict[tuple[str, ...], int] = {}
    for folder in (system / "sys/devices/system/cpu").glob("cpu[0-9]*/thermal_throttle"):
        package = read_text(folder.parent / "topology/physical_package_id") or folder.parent.name
        core = read_text(folder.parent / "topology/core_id") or folder.parent.name
        for name, key in (
            ("core_throttle_count", (package, core)),
            ("package_throttle_count", (package,)),
        ):
            text = read_text(folder / name)
            if text is not None and text.isdecimal():
                # Siblings of a core show the same counter; whoever looks later sees more.
                counters[key] = max(counters.get(key, 0), int(text))
    return sum(counters.values()) if counters else None


def count_out_of_memory_kills(system: Path = SYSTEM) -> int:
    """Count how often the kernel killed for want of memory so far, as far as it shows here.

    Of the whole machine (`oom_kill` in vmstat(5)) and of the control group that this process is
    in, which is all that a container may show: its `memory.events` (version 2) or
    `memory.oom_control` (version 1). One kill may be in both, so that only a change says something.
    """
    files = (system / "proc/vmstat", *_find_kill_counters(system))
    pairs = (line.partition(" ") for file in files for line in read_lines(file))
    counts = (number.strip() for name, _, number in pairs if name == "oom_kill")
    return sum(int(count) for count in counts if count.isdigit())


def _find_kill_counters(system: Path) -> Iterator[Path]:
    mount = system / "sys/fs/cgroup"
    for controllers, path in read_control_groups(system):
        if controllers == [""]:
            places = [(mount, "memory.events"), (mount / "unified", "memory.events")]
        else:
            places = [(mount / "memory", "memory.oom_control")] if "memory" in controllers else []
        for folder, name in places:
            # A container may see its group by its path in the whole machine, or as the root.
            files = (folder / path.lstrip("/") / name, folder / name)
            yield from [file for file in files if file.is_file()][:1]


def read_control_groups(system: Path = SYSTEM) -> list[tuple[list[str], str]]:
    """Read the controllers and the path of each control group that this process is in.

    The only controller of a group of version 2 is the empty text.
    """
    lines = read_lines(system / "proc/self/cgroup")
    groups = (line.split(":", 2) for line in lines if line.count(":") >= 2)
    return [(controllers.split(","), path) for _, controllers, path in groups]


def find_descendants(pid: int, proc: Path = PROC) -> list[int]:
    """Find the children of a process, their children, and so on."""
    children: dict[int, list[int]] = {}
    for file in proc.glob("[0-9]*/stat"):
        # The name before it may hold anything, spaces and brackets too.
        for fields in [line.rpartition(")")[2].split() for line in read_lines(file)[-1:]]:
            children.setdefault(int(fields[1]), []).append(int(file.parent.name))
    descendants, waiting = [], [pid]
    while waiting:
        own = children.pop(waiting.pop(), [])
        descendants += own
        waiting += own
    return descendants


def read_lines(path: Path) -> list[str]:
    """Read the lines of a file of the system; none where it cannot be read."""
    return (read_text(path) or "").splitlines()


def read_text(path: Path) -> str | None:
    """Read a file of the system, without space around its text; None where it cannot be read."""
    try:
        return path.read_text("utf-8", "replace").strip()
    except OSError:  # a process may have ended meanwhile
        return None
