"""The system's accounts: against psutil on this machine, and in trees that the test owns."""

import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from bench.errors import MachineError
from bench.host.machine import accounts

# As in a virtual machine of 2026, in ticks of 10 ms.
STAT = "cpu  20340 5 3629 78876 388 7 185 55 {guest} 0\ncpu0 1 2 3 4 5 6 7 8 0 0\nintr 5\n"


def test_the_numbers_are_those_of_psutil() -> None:
    assert accounts.count_logical_processors() == psutil.cpu_count(logical=True)
    assert accounts.count_physical_cores() == psutil.cpu_count(logical=False)
    memory = accounts.read_memory_bytes()
    assert memory["MemTotal"] == psutil.virtual_memory().total
    assert memory["SwapTotal"] == psutil.swap_memory().total


def test_times_lie_between_two_readings_of_psutil() -> None:
    before = psutil.cpu_times()._asdict()
    found = accounts.read_cpu_seconds()
    after = psutil.cpu_times()._asdict()
    assert set(found) == set(before) - {"guest", "guest_nice"}
    for name, seconds in found.items():
        # The kernel sums idle time up anew at each reading: it may fall by a few ticks.
        assert before[name] - 0.1 <= seconds <= after[name] + 0.1


def test_time_of_guests_is_counted_once(tmp_path: Path) -> None:
    for guest in (0, 500):
        (tmp_path / "stat").write_text(STAT.format(guest=guest))
        found = accounts.read_cpu_seconds(tmp_path)
        assert (found["user"], found["steal"], len(found)) == (203.4, 0.55, 8)


def test_a_kernel_without_steal_time_does_not_tell_it(tmp_path: Path) -> None:
    (tmp_path / "stat").write_text("cpu  100 0 50 900 7 0 3\n")
    assert "steal" not in accounts.read_cpu_seconds(tmp_path)


@pytest.mark.parametrize("text", [None, "", "intr 5\n"])
def test_a_system_without_accounts_is_one_line(tmp_path: Path, text: str | None) -> None:
    if text is not None:
        (tmp_path / "stat").write_text(text)
    with pytest.raises(MachineError, match=r"stat cannot be read; expected a Linux .* mount it"):
        accounts.read_cpu_seconds(tmp_path)


@pytest.mark.parametrize("name", ["core_cpus_list", "thread_siblings_list"])
def test_hyper_threads_of_a_core_count_once(tmp_path: Path, name: str) -> None:
    for number in range(8):
        folder = tmp_path / f"cpu{number}" / "topology"
        folder.mkdir(parents=True)
        (folder / name).write_text(f"{number % 4},{number % 4 + 4}\n")
    assert accounts.count_physical_cores(tmp_path) == 4
    # Whoever may run on two threads of one core has one core.
    assert accounts.count_physical_cores(tmp_path, usable={1, 5}) == 1
    assert accounts.count_physical_cores(tmp_path, usable={1, 2, 6}) == 2


def test_without_sys_cores_are_those_of_cpuinfo(tmp_path: Path) -> None:
    threads = [(package, core) for package in (0, 1) for core in (0, 1, 2)] * 2
    text = "".join(
        f"processor\t: {number}\nphysical id\t: {package}\ncore id\t\t: {core}\n\n"
        for number, (package, core) in enumerate(threads)
    )
    (tmp_path / "cpuinfo").write_text(text)
    assert accounts.count_physical_cores(tmp_path, tmp_path) == 6
    assert accounts.count_physical_cores(tmp_path, tmp_path, {0, 6, 7}) == 2


def test_what_nobody_tells_is_not_known(tmp_path: Path) -> None:
    assert accounts.count_physical_cores(tmp_path, tmp_path) is None
    assert accounts.read_memory_bytes(tmp_path) == {}
    assert accounts.find_descendants(1, tmp_path) == []


def test_descendants_are_found_whatever_they_are_called(tmp_path: Path) -> None:
    for pid, name, parent in (
        (10, "host", 1),
        (11, "a) S 99 (b", 10),
        (12, "worker", 11),
        (13, "other", 1),
    ):
        (tmp_path / str(pid)).mkdir()
        (tmp_path / str(pid) / "stat").write_text(f"{pid} ({name}) S {parent} 10 10 0 -1\n")
    (tmp_path / "14").mkdir()  # it has ended since it was listed
    assert sorted(accounts.find_descendants(10, tmp_path)) == [11, 12]


def test_real_descendants_are_those_of_psutil() -> None:
    child = "input()"
    program = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, text=True
    ) as parent:
        while len(found := accounts.find_descendants(parent.pid)) < 1:
            assert parent.poll() is None
        listed = [one.pid for one in psutil.Process(parent.pid).children(recursive=True)]
        parent.communicate("\n")
    assert found == listed
