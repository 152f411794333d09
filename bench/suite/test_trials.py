"""Every trial of the plan is a test; pytest's own options choose among them."""

from contextlib import AbstractContextManager

import pytest
from pytest_benchmark.fixture import BenchmarkFixture
from rich.console import Console

from bench.errors import SamestepError
from bench.host.environments.preparation import Say
from bench.host.session.session import Session
from bench.records.results import Record, Trial
from bench.suite.progress import show_progress, summarize


class ReplayClock:
    """Stands still, except where it is advanced.

    pytest-benchmark takes it by its option `timer`; a round that advances it by the seconds that
    the worker's own clock measured is a round of that duration, to the last bit: each round starts
    again from zero, so that no sum is rounded.
    """

    now = 0.0

    def __call__(self) -> float:
        return self.now

    def reset(self) -> None:
        self.now = 0.0

    def advance(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock(request: pytest.FixtureRequest) -> ReplayClock:
    """The clock of this item; has to be requested before `benchmark`, which reads the mark."""
    clock = ReplayClock()
    request.node.add_marker(pytest.mark.benchmark(timer=clock))
    return clock


def test_trial(
    trial: Trial,
    session: Session,
    uncaptured: AbstractContextManager[None],
    say: Say,
    clock: ReplayClock,
    benchmark: BenchmarkFixture,
) -> None:
    with uncaptured:
        record = _execute(trial, session)
        say(
            f"from before: {summarize(record)}"
            if trial.id in session.progress.finished
            else summarize(record)
        )
    if record.status == "skipped":
        pytest.skip(str(record.reason))
    if record.status == "out of memory":
        # What a sweep of batch sizes looks for.
        pytest.xfail(f"out of memory: {record.reason}")
    if record.status != "ok":
        pytest.fail(f"{record.status}: {record.reason}", pytrace=False)
    # Seconds per step, whatever a block's number of steps is.
    rounds = [block.seconds / block.steps for block in record.measured_blocks]
    if not rounds:
        pytest.fail("No block was measured after warm-up; give the plan more epochs.", False)
    benchmark.group = f"{trial.model} on {trial.dataset}, batch {trial.batch_size}, {trial.device}"
    benchmark.extra_info.update(_extra_info(record))
    left = iter(rounds)
    benchmark.pedantic(  # type: ignore[no-untyped-call]
        lambda: clock.advance(next(left)), setup=clock.reset, rounds=len(rounds), iterations=1
    )


def _execute(trial: Trial, session: Session) -> Record:
    try:
        with show_progress(trial, Console()) as show:
            return session.execute(trial, show)
    except SamestepError as error:
        # Nothing can be stored any more, say: later trials would only be lost too.
        pytest.exit(str(error), returncode=pytest.ExitCode.INTERNAL_ERROR)


def _extra_info(record: Record) -> dict[str, object]:
    """What pytest-benchmark's statistics do not hold; its times are seconds per step."""
    return {
        "framework_version": record.framework_version,
        "batch_size": record.trial.batch_size,
        "test_accuracy": record.epochs[-1].test_accuracy,
        "throughput_samples_per_second": [
            block.samples / block.seconds for block in record.measured_blocks
        ],
        "seconds": record.seconds,
        "memory": record.memory,
        "digests": record.digests,
    }
