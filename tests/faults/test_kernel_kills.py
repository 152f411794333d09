"""A machine, or a container, without memory: the kernel ends the worker, and the record says so."""

import os
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from filelock import FileLock

from tests.faults.kills import INSTANT, PLAN
from tests.faults.machine import run
from tests.faults.workers import Limits, write_sabotaged

CGROUPS = Path("/sys/fs/cgroup")
OWN_GROUPS = Path("/proc/self/cgroup")
# The suite and its report take a fraction of it.
GROUP_BYTES = 2**30
# Of control groups of version 1, and of version 2.
LIMITS = ("memory.limit_in_bytes", "memory.max")


@pytest.fixture
def group() -> Iterator[Path]:
    """A control group that may take a gibibyte; who takes more, the kernel ends."""
    for parent in _parents():
        made = parent / f"samestep-{os.getpid()}"
        with suppress(OSError):
            made.mkdir()
            try:
                limit = next((made / name for name in LIMITS if (made / name).is_file()), None)
                if limit is None:
                    continue
                limit.write_text(str(GROUP_BYTES))
                yield made
                return
            finally:
                made.rmdir()
    pytest.skip("No control group for memory can be made here: it takes root, and a writable one.")


def _parents() -> Iterator[Path]:
    """Where a group can be made: in this process's own, or at the root that a container sees."""
    for line in OWN_GROUPS.read_text().splitlines():
        _, controllers, path = line.split(":", 2)
        mount = {"": CGROUPS, "memory": CGROUPS / "memory"}.get(controllers)
        if mount is not None:
            yield from (mount / path.lstrip("/"), mount)


def test_what_the_kernel_kills_for_want_of_memory_is_out_of_memory(
    tmp_path: Path, cache: Path, group: Path, memory_kills: FileLock
) -> None:
    greedy = tmp_path / "impls" / "greedy"
    write_sabotaged(greedy, INSTANT, "memory over its limit", Limits())
    with memory_kills:
        ended = run(
            tmp_path,
            f"echo $$ > {group / 'cgroup.procs'}",
            plan=PLAN.replace("batch_sizes = [4, 8, 16]", "batch_sizes = [4, 8]"),
            options=(
                f"--impls={greedy}",
                "--frameworks=greedy,instant",
                f"--python=greedy={sys.executable}",
            ),
            namespaces=(),
        )
    statuses = {(one.trial.framework, one.trial.batch_size): one.status for one in ended.records}
    assert statuses[("greedy", 4)] == "out of memory", ended.output
    assert statuses[("greedy", 8)] == "skipped"
    assert {one.status for one in ended.records if one.trial.framework == "instant"} == {"ok"}
    (killed,) = {one.reason for one in ended.records if one.status == "out of memory"}
    assert str(killed).startswith("The kernel killed the worker for want of memory")
