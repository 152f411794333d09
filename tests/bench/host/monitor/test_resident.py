"""Anonymous memory: from a tree of files, and of a real process with a real child."""

import subprocess
import sys
from pathlib import Path

import pytest

from bench.host.machine.accounts import UnreadableError, find_descendants
from bench.host.monitor.memory import AnonymousMemory, Family

MEBIBYTE = 2**20


def write_status(proc: Path, pid: int, *lines: str) -> None:
    (proc / str(pid)).mkdir(exist_ok=True)
    (proc / str(pid) / "status").write_text("\n".join(("Name:\tworker", *lines)) + "\n")


def test_the_peak_is_the_largest_sum_over_the_processes(tmp_path: Path) -> None:
    memory = AnonymousMemory(tmp_path)
    for own, childs in ((100, 50), (300, 10), (200, 109)):
        write_status(tmp_path, 1, "VmRSS:\t9000 kB", f"RssAnon:\t{own:8} kB", "RssFile:\t7000 kB")
        write_status(tmp_path, 2, f"RssAnon:\t{childs} kB")
        memory.take_sample([1, 2])
    assert memory.read_peak_bytes() == 310 * 1024


def test_shared_memory_counts_and_pages_of_files_do_not(tmp_path: Path) -> None:
    memory = AnonymousMemory(tmp_path)
    write_status(tmp_path, 1, "RssAnon:\t 100 kB", "RssFile:\t7000 kB", "RssShmem:\t  30 kB")
    memory.take_sample([1])
    assert memory.read_peak_bytes() == 130 * 1024


def test_buffers_in_a_shared_mapping_are_seen() -> None:
    """That is where tinygrad's are on a CPU."""
    program = f"""
import mmap
block = mmap.mmap(-1, {100 * MEBIBYTE}, mmap.MAP_ANON | mmap.MAP_SHARED)
block.write(b"x" * {100 * MEBIBYTE})
print("ready", flush=True)
input()
"""
    memory = AnonymousMemory()
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as worker:
        assert worker.stdout is not None
        assert worker.stdout.readline() == "ready\n"
        memory.take_sample([worker.pid])
        worker.communicate("\n")
    assert memory.read_peak_bytes() >= 100 * MEBIBYTE


def test_processes_that_have_ended_do_not_count(tmp_path: Path) -> None:
    memory = AnonymousMemory(tmp_path)
    write_status(tmp_path, 1, "RssAnon:\t 5 kB")
    write_status(tmp_path, 2, "State:\tZ (zombie)")
    memory.take_sample([1, 2, 3])
    memory.take_sample([2, 3])
    assert memory.read_peak_bytes() == 5 * 1024


def test_without_a_sample_there_is_a_reason_and_no_zero(tmp_path: Path) -> None:
    memory = AnonymousMemory(tmp_path)
    memory.take_sample([1])
    with pytest.raises(UnreadableError, match="never told RssAnon"):
        memory.read_peak_bytes()


def test_children_are_searched_for_at_every_fifth_sample() -> None:
    searches: list[int] = []

    def search(pid: int) -> list[int]:
        searches.append(pid)
        return [10 + len(searches)]

    family = Family(7, search)
    assert [family.find_pids() for _ in range(6)] == [[7, 11]] * 5 + [[7, 12]]
    assert searches == [7, 7]


def test_a_real_child_that_allocates_is_seen() -> None:
    child = f"block = bytearray(b'x') * {200 * MEBIBYTE}; print('ready', flush=True); input()"
    program = f"""
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", {child!r}], stdin=subprocess.PIPE)
input()
child.communicate(b"\\n")
"""
    memory = AnonymousMemory()
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as worker:
        assert worker.stdin is not None
        assert worker.stdout is not None
        assert worker.stdout.readline() == "ready\n"
        memory.take_sample([worker.pid])
        alone = memory.read_peak_bytes()
        memory.take_sample(Family(worker.pid).find_pids())
        worker.communicate("\n")
    assert alone < 100 * MEBIBYTE
    assert 200 * MEBIBYTE <= memory.read_peak_bytes() - alone < 300 * MEBIBYTE
    assert find_descendants(worker.pid) == []
