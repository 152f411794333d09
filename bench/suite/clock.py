"""The clock that pytest-benchmark reads: it shows what the worker's own clock measured."""

from collections.abc import Sequence

from pytest_benchmark.fixture import BenchmarkFixture

from bench.records.results import Record


class ReplayClock:
    """Stands still, except where it is advanced.

    pytest-benchmark takes it by its option `timer`; a round that advances it by
    the seconds of a block is a round of that duration, to the last bit: each
    round starts again from zero, so that no sum is rounded.
    """

    def __init__(self) -> None:
        self._now = 0.0

    def __call__(self) -> float:
        return self._now

    def reset(self) -> None:
        """Back to zero."""
        self._now = 0.0

    def advance(self, seconds: float) -> None:
        """Let `seconds` pass."""
        self._now += seconds


def list_step_seconds(record: Record) -> list[float]:
    """List the seconds per step of each measured block, whatever their numbers of steps are."""
    return [block.seconds / block.steps for block in record.measured_blocks]


def replay(benchmark: BenchmarkFixture, clock: ReplayClock, rounds: Sequence[float]) -> None:
    """Give pytest-benchmark rounds of these durations in seconds."""
    left = iter(rounds)
    benchmark.pedantic(  # type: ignore[no-untyped-call]
        lambda: clock.advance(next(left)), setup=clock.reset, rounds=len(rounds), iterations=1
    )
