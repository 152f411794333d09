"""Whether the kernel kills processes for want of memory: it counts them, and tells nobody else."""

from collections.abc import Iterable
from pathlib import Path

from bench.host.machine.accounts import read_lines

VMSTAT = Path("/proc/vmstat")
CGROUPS = Path("/sys/fs/cgroup")
OWN_GROUPS = Path("/proc/self/cgroup")


def count_out_of_memory_kills() -> int:
    """How often the kernel did it so far, as far as this process may see; 0 where it may not.

    Of the whole machine (`oom_kill` in vmstat(5)) and of the control group that this process is
    in, which is all that a container may show: its `memory.events` (version 2) or
    `memory.oom_control` (version 1). One kill may be in both, so that only a change says something.
    """
    return sum(_counted(path) for path in (VMSTAT, *_group_files()))


def _group_files() -> Iterable[Path]:
    for line in read_lines(OWN_GROUPS):
        _, controllers, path = [*line.split(":", 2), "", "", ""][:3]
        if not controllers:
            yield from _found(CGROUPS, path, "memory.events")
            yield from _found(CGROUPS / "unified", path, "memory.events")
        elif "memory" in controllers.split(","):
            yield from _found(CGROUPS / "memory", path, "memory.oom_control")


def _found(mount: Path, path: str, name: str) -> Iterable[Path]:
    """A container may see its group by its path in the whole machine, or as the root."""
    own = mount / path.lstrip("/") / name
    return [file for file in (own, mount / name) if file.is_file()][:1]


def _counted(path: Path) -> int:
    for line in read_lines(path):
        name, _, number = line.partition(" ")
        if name == "oom_kill" and number.strip().isdigit():
            return int(number)
    return 0
