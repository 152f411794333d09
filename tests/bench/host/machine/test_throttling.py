"""Throttle counters, in a tree that the test owns."""

from pathlib import Path

import pytest

from bench.host.machine.accounts import count_throttle_events


def processor(system: Path, number: int, core: int, package: int, counts: tuple[int, int]) -> None:
    """A logical processor as Linux shows it; `counts` are its core's and its package's."""
    folder = system / f"sys/devices/system/cpu/cpu{number}"
    for name, value in (
        ("topology/core_id", core),
        ("topology/physical_package_id", package),
        ("thermal_throttle/core_throttle_count", counts[0]),
        ("thermal_throttle/package_throttle_count", counts[1]),
        ("thermal_throttle/core_throttle_total_time_ms", 12345),
    ):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(f"{value}\n")


def test_each_core_and_package_counts_once(tmp_path: Path) -> None:
    processor(tmp_path, 0, core=0, package=0, counts=(3, 10))
    processor(tmp_path, 1, core=1, package=0, counts=(4, 10))
    processor(tmp_path, 2, core=0, package=0, counts=(3, 10))  # the sibling of processor 0
    processor(tmp_path, 3, core=0, package=1, counts=(5, 20))
    assert count_throttle_events(tmp_path) == 3 + 4 + 5 + 10 + 20


def test_a_processor_without_counters_is_not_cool(tmp_path: Path) -> None:
    assert count_throttle_events(tmp_path) is None
    (tmp_path / "sys/devices/system/cpu/cpu0/topology").mkdir(parents=True)
    assert count_throttle_events(tmp_path) is None


@pytest.mark.parametrize("content", ["", "many"])
def test_garbage_counts_nothing(tmp_path: Path, content: str) -> None:
    folder = tmp_path / "sys/devices/system/cpu/cpu0/thermal_throttle"
    folder.mkdir(parents=True)
    (folder / "core_throttle_count").write_text(content)
    assert count_throttle_events(tmp_path) is None
