"""The speed of the machine: its arithmetic by a clock that the test owns, its work for real."""

import pytest

from bench.host.machine import speed as module
from bench.host.machine.speed import (
    COPIES,
    COPY_BYTES,
    ITERATIONS,
    Noise,
    Speed,
    describe_speeds,
    measure_copies,
    measure_machine_speed,
)


def test_each_copy_is_timed_and_getting_the_pages_is_not() -> None:
    looks = iter(range(100))
    assert measure_copies(lambda: float(next(looks))) == [1.0] * COPIES
    assert next(looks) == 2 * COPIES


def test_rates_are_of_all_threads_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "time_pieces", lambda threads, seconds: Noise(5, 0.01, 0.0, 1.0))
    monkeypatch.setattr(module, "measure_copies", lambda clock: [0.004, 0.002, 0.003])
    found = measure_machine_speed(2)
    assert found.hashes_per_second == pytest.approx(2 * ITERATIONS / 0.01)
    assert found.copied_bytes_per_second == pytest.approx(2 * COPY_BYTES / 0.003)


def test_a_record_keeps_both_looks() -> None:
    assert describe_speeds(Speed(1.0, 2.0), Speed(3.0, 4.0)) == {
        "hashes_per_second_before": 1.0,
        "copied_bytes_per_second_before": 2.0,
        "hashes_per_second_after": 3.0,
        "copied_bytes_per_second_after": 4.0,
    }


def test_the_real_machine_has_a_speed() -> None:
    found = measure_machine_speed(1)
    assert found.hashes_per_second > 0
    assert found.copied_bytes_per_second > 0
