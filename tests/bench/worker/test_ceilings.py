"""How repetitions are timed, with a clock and an operation that the test owns."""

import math

import pytest

from bench.protocol.ceilings import Workload
from bench.worker.ceilings import measure


class FakeOperation:
    """Takes the same time whenever it is repeated, by its own clock."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.now = 100.0
        self.calls = 0

    def __call__(self) -> None:
        self.now += self.seconds
        self.calls += 1

    def clock(self) -> float:
        return self.now


@pytest.mark.parametrize(
    ("seconds", "repetitions"),
    [(2.0, 5), (0.125, 5), (0.0625, 8), (0.03125, 16)],
)
def test_it_repeats_for_half_a_second_and_five_times(seconds: float, repetitions: int) -> None:
    operation = FakeOperation(seconds)
    workload = Workload(8, 64, seconds=0.5, repetitions=5)
    assert measure(operation, workload, operation.clock) == [seconds] * repetitions
    # The warm-up before lasts as long, and one repetition at least.
    assert operation.calls == repetitions + max(1, math.ceil(0.5 / seconds))
