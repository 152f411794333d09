"""Limits of control groups, in a tree that the test owns."""

import os
from pathlib import Path

import pytest

from bench.host.fitness.limits import examine_limits
from bench.host.machine import accounts
from bench.host.machine.description import choose_threads, count_available_processors
from bench.host.machine.limits import read_available_memory, read_cpu_quota, read_memory_limit


def group(system: Path, path: str, **files: str) -> None:
    folder = system / "sys/fs/cgroup" / path
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        # cpu_max stands for cpu.max; names of version 1 have both characters.
        file = name if "." in name else name.replace("_", ".")
        (folder / file).write_text(f"{text}\n")


def member(system: Path, *lines: str) -> None:
    (system / "proc/self").mkdir(parents=True)
    (system / "proc/self/cgroup").write_text("\n".join(lines) + "\n")


def test_the_tightest_group_counts(tmp_path: Path) -> None:
    member(tmp_path, "0::/system.slice/docker.scope")
    group(tmp_path, "", cpu_max="max 100000")
    group(tmp_path, "system.slice", cpu_max="150000 100000", memory_max="8589934592")
    group(tmp_path, "system.slice/docker.scope", cpu_max="400000 100000", memory_max="max")
    group(tmp_path, "user.slice", cpu_max="1000 100000", memory_max="1")
    assert read_cpu_quota(tmp_path) == 1.5
    assert read_memory_limit(tmp_path) == 8 * 2**30


def test_a_container_that_does_not_show_its_path_shows_its_root(tmp_path: Path) -> None:
    member(tmp_path, "0::/../docker/abc")
    group(tmp_path, "", cpu_max="50000 100000", memory_max="1024")
    assert (read_cpu_quota(tmp_path), read_memory_limit(tmp_path)) == (0.5, 1024)


@pytest.mark.parametrize("text", ["max 100000", "max", "", "x y", "1000 0"])
def test_what_is_no_quota_is_none(tmp_path: Path, text: str) -> None:
    member(tmp_path, "0::/")
    group(tmp_path, "", cpu_max=text, memory_max=text)
    assert (read_cpu_quota(tmp_path), read_memory_limit(tmp_path)) == (None, None)
    assert {one.verdict for one in examine_limits(64, tmp_path)} == {"ok"}


def test_fewer_processors_than_threads_is_a_note(tmp_path: Path) -> None:
    member(tmp_path, "0::/")
    group(tmp_path, "", cpu_max="250000 100000", memory_max="1073741824")
    processors, memory = examine_limits(2, tmp_path)
    assert processors.verdict == "ok"
    assert "quota: 2.5" in processors.detail
    assert "1.0 GiB" in memory.detail
    processors, _ = examine_limits(3, tmp_path)
    assert processors.verdict == "note"
    assert "2.5 for 3 threads" in processors.detail


@pytest.mark.parametrize("mounted", ["cpu", "cpu,cpuacct"])
def test_groups_of_version_1_count_too(tmp_path: Path, mounted: str) -> None:
    member(tmp_path, "4:memory:/x", "3:cpu,cpuacct:/x", "0::/")
    group(tmp_path, f"{mounted}/x", **{"cpu.cfs_quota_us": "-1", "cpu.cfs_period_us": "100000"})
    assert read_cpu_quota(tmp_path) is None
    group(tmp_path, mounted, **{"cpu.cfs_quota_us": "50000", "cpu.cfs_period_us": "100000"})
    group(tmp_path, "memory/x", **{"memory.limit_in_bytes": "9223372036854771712"})
    assert (read_cpu_quota(tmp_path), read_memory_limit(tmp_path)) == (0.5, None)
    group(
        tmp_path,
        "memory",
        **{
            "memory.limit_in_bytes": "4096",
            "memory.usage_in_bytes": "4000",
            "memory.stat": "inactive_file 1\ntotal_inactive_file 50",
        },
    )
    assert (read_memory_limit(tmp_path), read_available_memory(tmp_path)) == (4096, 146)


@pytest.mark.parametrize(
    ("quota", "threads"), [("100000", 1), ("150000", 1), ("50000", 1), ("250000", 2), ("max", 4)]
)
def test_there_are_no_more_threads_than_the_quota_has_processors(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, quota: str, threads: int
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: {0, 1, 2, 3})
    monkeypatch.setattr(accounts, "count_physical_cores", lambda usable: 4)
    member(tmp_path, "0::/")
    group(tmp_path, "", cpu_max=f"{quota} 100000")
    assert choose_threads(tmp_path) == threads
    assert count_available_processors(tmp_path) == threads


def test_memory_that_is_available_is_that_of_the_tightest_group_or_of_the_machine(
    tmp_path: Path,
) -> None:
    member(tmp_path, "0::/a")
    (tmp_path / "proc/meminfo").write_text("MemAvailable: 4096 kB\n")
    assert read_available_memory(tmp_path) == 4096 * 1024
    group(tmp_path, "", memory_max="max", memory_current="1")
    group(tmp_path, "a", memory_max="1000", memory_current="900", memory_stat="inactive_file 50")
    assert read_available_memory(tmp_path) == 150


def test_memory_of_a_system_that_tells_nothing_is_not_known(tmp_path: Path) -> None:
    member(tmp_path, "0::/")
    assert read_available_memory(tmp_path) is None
