"""Reads what Linux says of processors, memory and processes: /proc (proc(5)) and /sys."""

import os
from pathlib import Path

from bench.errors import MachineError

PROC = Path("/proc")
PROCESSORS = Path("/sys/devices/system/cpu")
CPU_TIMES = ("user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal")


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


def count_physical_cores(processors: Path = PROCESSORS, proc: Path = PROC) -> int | None:
    """Count the cores that are online; None where the system does not tell them from threads."""
    # Processors of one core have the same list. The second is its name before Linux 5.3.
    for name in ("core_cpus_list", "thread_siblings_list"):
        files = processors.glob(f"cpu[0-9]*/topology/{name}")
        if cores := {tuple(read_lines(file)) for file in files} - {()}:
            return len(cores)
    return len(_cores_of_cpuinfo(proc)) or None


def _cores_of_cpuinfo(proc: Path) -> set[tuple[str, str]]:
    # For systems that hide /sys: (package, core) of all processors.
    cores, package = set(), ""
    for line in read_lines(proc / "cpuinfo"):
        name, _, value = (part.strip() for part in line.partition(":"))
        if name == "physical id":
            package = value
        elif name == "core id":  # comes after its package
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
