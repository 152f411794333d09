"""The session's own arithmetic, with an executor and a clock that the test owns."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from bench.host import session
from bench.host.environments import Environment
from bench.host.executor import Event, Invocation, Outcome
from bench.host.inputs import Inputs
from bench.host.monitor.sampler import Monitor
from bench.host.opening import prepare_data
from bench.host.request import Request
from bench.host.selection import select
from bench.host.session import Session
from bench.host.store import create_run
from tests.bench.host.test_transcript import EVENTS
from tests.bench.suite.conftest import NUMPY


class FakeClock:
    """Stands still until somebody lets time pass."""

    def __init__(self) -> None:
        self.now = 50.0

    def __call__(self) -> float:
        return self.now


def test_exit_is_the_time_from_the_last_event_to_the_end(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = FakeClock()
    monkeypatch.setattr(session, "monotonic", clock)

    class SlowInputs(Inputs):
        """Takes seven seconds to draw the weights, which are no part of the trial."""

        def weights(self, *arguments: object) -> object:  # type: ignore[override]
            clock.now += 7.0
            return super().weights(*arguments)  # type: ignore[arg-type]

    class FakeExecutor:
        """A worker that tells all within four seconds and ends half a second later."""

        def run(
            self,
            invocation: Invocation,
            on_event: Callable[[Event], None],
            monitor: Monitor | None = None,
        ) -> Outcome:
            clock.now += 4.0
            for event in EVENTS:
                on_event(event)
            clock.now += 0.5
            return Outcome(None, False, 4.5, "")

    selection = select(Request(frameworks=("numpy",), implementations=(NUMPY,)))
    trial = selection.trials[0]
    prepared = Session(
        selection=selection,
        run=create_run(tmp_path / "results", "quick"),
        inputs=SlowInputs(tmp_path),
        environments={"numpy": Environment(Path("python"), given=True)},
        data=prepare_data([trial], lambda line: None),
        threads=1,
        executor=FakeExecutor(),
    )
    record = prepared.execute(trial, lambda event: None)
    assert record.status == "ok"
    assert record.seconds["process"] == 4.5
    assert record.seconds["exit"] == pytest.approx(0.5)


class FullExecutor:
    """A worker that runs out of memory, always."""

    def __init__(self) -> None:
        self.runs = 0

    def run(
        self,
        invocation: Invocation,
        on_event: Callable[[Event], None],
        monitor: Monitor | None = None,
    ) -> Outcome:
        self.runs += 1
        on_event({"event": "error", "reason": "It is full.", "out_of_memory": True})
        return Outcome("The worker ended with exit status 1.", False, 1.0, "")


def test_what_ran_out_of_memory_is_not_tried_with_larger_batches(
    tmp_path: Path, cache: Path
) -> None:
    executor = FullExecutor()
    selection = select(Request(frameworks=("numpy",), implementations=(NUMPY,)))
    trial = replace(selection.trials[0], batch_size=64, epochs=1)
    prepared = Session(
        selection=selection,
        run=create_run(tmp_path / "results", "quick"),
        inputs=Inputs(tmp_path),
        environments={"numpy": Environment(Path("python"), given=True)},
        data=prepare_data([trial], lambda line: None),
        threads=1,
        executor=executor,
    )
    sizes = {64: "out of memory", 128: "skipped", 64 * 4: "skipped", 32: "out of memory"}
    for size, status in sizes.items():
        record = prepared.execute(replace(trial, batch_size=size), lambda event: None)
        assert record.status == status
        if status == "skipped":
            assert record.reason == "It ran out of memory at batch size 64 already."
    again = prepared.execute(replace(trial, repeat=2), lambda event: None)
    assert again.reason == "It ran out of memory at batch size 32 already."
    other = prepared.execute(replace(trial, seed=2), lambda event: None)
    assert other.status == "out of memory"
    assert executor.runs == 3
    assert [record.position for record in (again, other)] == [5, 6]
