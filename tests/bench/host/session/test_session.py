"""The session's own arithmetic, with an executor and a clock that the test owns."""

import os
from collections.abc import Callable, Collection
from dataclasses import replace
from pathlib import Path

import pytest

from bench.errors import UnavailableError
from bench.host.data.inputs import Inputs
from bench.host.environments.preparation import Environment
from bench.host.machine.idle_gpu import ProcessIds, find_gpu_processes
from bench.host.machine.nvml import VisibleGpu, open_gpu
from bench.host.monitor.sampler import Monitor
from bench.host.planning.request import Request
from bench.host.planning.selection import select
from bench.host.process.executor import Executor, Invocation
from bench.host.process.outcome import Event, WorkerOutcome
from bench.host.process.turns import pair_versions
from bench.host.session import session as session_module
from bench.host.session import training
from bench.host.session.opening import prepare_data
from bench.host.session.session import Session
from bench.host.session.store import create_run
from bench.host.session.training import PreparedRun
from bench.job import Job
from bench.records.lines import read_records
from bench.records.results import Trial
from tests.bench.host.machine.fake_nvml import FakeDevice, FakeNvml
from tests.bench.host.session.test_transcript import EVENTS
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
    monkeypatch.setattr(training, "monotonic", clock)

    class SlowInputs(Inputs):
        """Takes seven seconds to draw the weights, which are no part of the trial."""

        def write_weights(self, *arguments: object) -> object:  # type: ignore[override]
            clock.now += 7.0
            return super().write_weights(*arguments)  # type: ignore[arg-type]

    class FakeExecutor(Executor):
        """A worker that tells all within four seconds and ends half a second later."""

        def run(
            self,
            invocation: Invocation,
            on_event: Callable[[Event], None],
            monitor: Monitor | None = None,
        ) -> WorkerOutcome:
            clock.now += 4.0
            for event in EVENTS:
                on_event(event)
            clock.now += 0.5
            return WorkerOutcome(None, None, 4.5, "")

        def stop(self) -> None:
            """Nothing runs."""

    selection = select(Request(frameworks=("numpy",), implementations=(NUMPY,), threads=1))
    trial = selection.trials[0]
    prepared = PreparedRun(
        selection=selection,
        inputs=SlowInputs(tmp_path),
        environments={"numpy": Environment(Path("python"), given=True)},
        data=prepare_data([trial], selection.catalog, lambda line: None),
    )
    folder = create_run(tmp_path / "results", "quick")
    session = Session(prepared, folder, executor=FakeExecutor())
    record = session.execute(trial, lambda event: None)
    assert record.status == "ok"
    assert record.seconds.process_seconds == 4.5
    assert record.seconds.exit_seconds == pytest.approx(0.5)


class FullExecutor(Executor):
    """A worker that runs out of memory, always."""

    def __init__(self) -> None:
        self.runs = 0

    def run(
        self,
        invocation: Invocation,
        on_event: Callable[[Event], None],
        monitor: Monitor | None = None,
    ) -> WorkerOutcome:
        self.runs += 1
        on_event({"event": "error", "reason": "It is full.", "out_of_memory": True})
        return WorkerOutcome("The worker ended with exit status 1.", "failed", 1.0, "")

    def stop(self) -> None:
        """Nothing runs."""


def test_what_ran_out_of_memory_is_not_tried_with_larger_batches(
    tmp_path: Path, cache: Path
) -> None:
    executor = FullExecutor()
    selection = select(Request(frameworks=("numpy",), implementations=(NUMPY,), threads=1))
    trial = replace(selection.trials[0], batch_size=64, epochs=1)
    prepared = PreparedRun(
        selection=selection,
        inputs=Inputs(tmp_path),
        environments={"numpy": Environment(Path("python"), given=True)},
        data=prepare_data([trial], selection.catalog, lambda line: None),
    )
    session = Session(prepared, create_run(tmp_path / "results", "quick"), executor=executor)
    sizes = {64: "out of memory", 128: "skipped", 64 * 4: "skipped", 32: "out of memory"}
    for size, status in sizes.items():
        record = session.execute(replace(trial, batch_size=size), lambda event: None)
        assert record.status == status
        if status == "skipped":
            assert record.reason == "It ran out of memory at batch size 64 already."
    again = session.execute(replace(trial, repeat=2), lambda event: None)
    assert again.reason == "It ran out of memory at batch size 32 already."
    other = session.execute(replace(trial, seed=2), lambda event: None)
    assert other.status == "out of memory"
    assert executor.runs == 3
    assert [record.position for record in (again, other)] == [5, 6]


class WaitingExecutor(Executor):
    """Workers that tell all there is to tell; those of broken trials cannot be started."""

    def __init__(self, broken: str = "") -> None:
        self.broken = broken
        self.jobs: list[Job] = []
        self.limits: list[float] = []

    def run(
        self,
        invocation: Invocation,
        on_event: Callable[[Event], None],
        monitor: Monitor | None = None,
    ) -> WorkerOutcome:
        self.jobs.append(Job.from_json(invocation.standard_input))
        self.limits.append(invocation.limits.seconds)
        for descriptor in invocation.descriptors:
            os.close(descriptor)
        if self.broken and self.broken in invocation.log.name:
            return WorkerOutcome("The worker could not be started.", "failed", 0.0, "")
        for event in EVENTS:
            on_event(event)
        return WorkerOutcome(None, None, 4.5, "")

    def stop(self) -> None:
        """Nothing runs."""


def paired_session(folder: Path, executor: WaitingExecutor) -> tuple[Session, Trial, Trial]:
    selection = select(Request(frameworks=("numpy",), implementations=(NUMPY,), threads=1))
    base = selection.frameworks["numpy"]
    trial = replace(selection.trials[0], epochs=1)
    other = replace(trial, revision="abc")
    editions = {**selection.frameworks, other.edition: replace(base, revision="abc")}
    given = Environment(Path("python"), given=True)
    prepared = PreparedRun(
        selection=replace(selection, frameworks=editions),
        inputs=Inputs(folder),
        environments={"numpy": given, other.edition: given},
        data=prepare_data([trial], selection.catalog, lambda line: None),
        partners=pair_versions([trial, other]),
    )
    run = create_run(folder / "results", "quick")
    return Session(prepared, run, executor=executor), trial, other


def test_two_versions_take_turns_and_each_has_its_record(tmp_path: Path, cache: Path) -> None:
    executor = WaitingExecutor()
    session, trial, other = paired_session(tmp_path, executor)
    heard: list[Event] = []
    second = session.execute(other, heard.append)
    assert len(executor.jobs) == 2
    assert [job.turns and job.turns.first for job in executor.jobs] == [True, False]
    # A worker waits as long as the other one works.
    assert executor.limits == [2 * session.prepared.selection.plan.time_limit_seconds] * 2
    first = session.execute(trial, heard.append)
    assert len(executor.jobs) == 2
    assert heard == EVENTS
    assert (second.trial, first.trial) == (other, trial)
    assert (second.in_turns_with, first.in_turns_with) == (trial.id, other.id)
    assert first.load == second.load
    stored, problems = read_records(session.folder.records_file)
    assert not problems
    assert {record.trial.id: record.position for record in stored} == {trial.id: 1, other.id: 2}
    assert session.progress.statuses == ["ok", "ok"]


def test_a_version_that_fails_keeps_nobody_from_a_record(tmp_path: Path, cache: Path) -> None:
    session, trial, other = paired_session(tmp_path, WaitingExecutor(broken="abc"))
    assert session.execute(trial, lambda event: None).status == "ok"
    assert session.execute(other, lambda event: None).status == "failed"


def test_a_version_that_cannot_run_leaves_the_machine_to_the_other(
    tmp_path: Path, cache: Path
) -> None:
    executor = WaitingExecutor()
    session, trial, other = paired_session(tmp_path, executor)
    missing = UnavailableError("It cannot be had.")
    environments = {**session.prepared.environments, other.edition: missing}
    session.prepared = replace(session.prepared, environments=environments)
    record = session.execute(trial, lambda event: None)
    assert (record.status, record.in_turns_with) == ("ok", None)
    assert [job.turns for job in executor.jobs] == [None]
    assert executor.limits == [session.prepared.selection.plan.time_limit_seconds]
    assert session.execute(other, lambda event: None).status == "skipped"


def test_others_on_the_card_are_told_in_the_record_and_waited_for_once(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    device = FakeDevice()
    stayed: list[Collection[int]] = []

    def look(gpu: VisibleGpu, stayers: Collection[int]) -> ProcessIds | None:
        stayed.append(stayers)
        return find_gpu_processes(gpu)

    monkeypatch.setattr(
        session_module, "open_gpu", lambda *_: open_gpu("cuda", {}, FakeNvml(device))
    )
    monkeypatch.setattr(session_module, "wait_for_idle_gpu", look)
    session, trial, _ = paired_session(tmp_path, WaitingExecutor())
    session.prepared = replace(session.prepared, partners={})
    seen: list[dict[int, int | None]] = [{4711: None}, {4711: None, 4712: 1}, {}]
    for repeat, others in enumerate(seen, start=1):
        device.processes = others
        record = session.execute(replace(trial, repeat=repeat), lambda event: None)
        assert record.load.device_other_processes == len(others)
    assert stayed == [frozenset(), {4711}, {4711, 4712}]
