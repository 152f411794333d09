"""When the executor samples, by a clock that the test owns."""

from collections.abc import Mapping
from typing import Any

import pytest

from bench.host.monitor.sampler import SAMPLE_SECONDS, Monitor, Sampler


class Counting(Monitor):
    """Counts its samples; each takes some time by the test's clock."""

    def __init__(self) -> None:
        self.now = 100.0
        self.times: list[float] = []
        self.takes = 0.0

    def take_sample(self) -> None:
        self.times.append(self.now)
        self.now += self.takes

    def handle_event(self, event: Mapping[str, Any]) -> None:
        raise AssertionError("a sampler hands on no events")


def test_it_waits_for_the_next_sample_and_no_longer() -> None:
    monitor = Counting()
    sampler = Sampler(monitor, lambda: monitor.now)
    assert sampler.seconds_left == pytest.approx(SAMPLE_SECONDS)
    monitor.now += 0.15
    sampler.take_due_sample()
    assert monitor.times == []
    assert sampler.seconds_left == pytest.approx(SAMPLE_SECONDS - 0.15)
    monitor.now = 100.21
    assert sampler.seconds_left == 0.0
    sampler.take_due_sample()
    sampler.take_due_sample()
    assert monitor.times == [100.21]
    assert sampler.seconds_left == pytest.approx(SAMPLE_SECONDS)


def test_a_host_that_was_held_up_does_not_make_up_for_it() -> None:
    monitor = Counting()
    monitor.takes = 0.05
    sampler = Sampler(monitor, lambda: monitor.now)
    monitor.now += 10.0
    for _ in range(5):
        sampler.take_due_sample()
    assert monitor.times == [110.0]
    # What a sample takes does not come off the pause after it.
    assert sampler.seconds_left == pytest.approx(SAMPLE_SECONDS)
