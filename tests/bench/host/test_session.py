"""The session's own arithmetic, with an executor and a clock that the test owns."""

from collections.abc import Callable
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
