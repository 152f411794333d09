"""The kernel's count of processes that it ended for want of memory."""

import os
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from filelock import FileLock

from bench.host.machine.accounts import count_out_of_memory_kills
from bench.host.process.conversation import Limits
from bench.host.process.executor import Executor, Invocation

LIMIT_BYTES = 96 * 2**20


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_a_machine_that_shows_nothing_has_none(tmp_path: Path) -> None:
    assert count_out_of_memory_kills(tmp_path) == 0
    write(tmp_path / "proc/vmstat", "nr_free 1\noom_kill soon\n")
    write(tmp_path / "proc/self/cgroup", "nonsense\n0::\n")
    assert count_out_of_memory_kills(tmp_path) == 0


@pytest.mark.parametrize(
    ("own", "file"),
    [
        ("0::/user.slice/us\n", "user.slice/us/memory.events"),
        ("0::/inside\n", "memory.events"),  # a container sees its own group as the root
        ("9:name=systemd:/\n4:memory:/box\n0::/\n", "memory/box/memory.oom_control"),
        ("4:cpu,memory:/box\n0::/\n", "memory/memory.oom_control"),
        ("0::/us\n", "unified/us/memory.events"),
    ],
)
def test_every_kind_of_control_group_is_read(tmp_path: Path, own: str, file: str) -> None:
    write(tmp_path / "proc/vmstat", "nr_free 1\noom_kill 2\n")
    write(tmp_path / "proc/self/cgroup", own)
    write(tmp_path / "sys/fs/cgroup" / file, "low 0\noom 9\noom_kill 3\noom_group_kill 1\n")
    assert count_out_of_memory_kills(tmp_path) == 5


@pytest.fixture
def small_group() -> Iterator[Path]:
    """A control group that may use little memory; only root can make one."""
    for parent in (Path("/sys/fs/cgroup/memory"), Path("/sys/fs/cgroup")):
        group = parent / f"samestep-test-{os.getpid()}"
        name = "memory.limit_in_bytes" if parent.name == "memory" else "memory.max"
        try:
            group.mkdir()
        except OSError:
            continue
        try:
            (group / name).write_text(str(LIMIT_BYTES))
        except OSError:
            group.rmdir()
            continue
        with suppress(OSError):  # of version 1, where memory and swap are counted together
            (group / "memory.memsw.limit_in_bytes").write_text(str(LIMIT_BYTES))
        yield group
        group.rmdir()
        return
    pytest.skip("Control groups of memory cannot be made here: it takes root.")


@pytest.mark.skipif(sys.platform != "linux", reason="Control groups are Linux's.")
def test_a_worker_that_the_kernel_kills_ran_out_of_memory(
    tmp_path: Path, small_group: Path, memory_kills: FileLock
) -> None:
    program = f"""
import os, time
from pathlib import Path
Path({str(small_group / "cgroup.procs")!r}).write_text(str(os.getpid()))
held = []
while True:
    held.append(b"x" * 2**20)
"""
    invocation = Invocation((sys.executable, "-c", program), {}, tmp_path / "log", "", Limits(60))
    with memory_kills:
        outcome = Executor().run(invocation, lambda event: None)
    assert outcome.status == "out of memory"
    assert "The kernel killed the worker for want of memory" in str(outcome.failure)
