"""Workers that start up together: which ones, in which order they train, and what may go wrong."""

import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from threading import Thread

import pytest

from bench.host.data.inputs import Inputs
from bench.host.environments.preparation import Environment
from bench.host.monitor.sampler import Monitor
from bench.host.planning.request import Request
from bench.host.planning.selection import select
from bench.host.process.executor import Executor, Invocation
from bench.host.process.outcome import Event, WorkerOutcome
from bench.host.session.opening import prepare_data
from bench.host.session.proof import PortionedProof
from bench.host.session.session import Session
from bench.host.session.store import create_run
from bench.host.session.training import PreparedRun
from bench.host.session.waiting import GIBIBYTE, SPARE_BYTES, WaitingRoom
from bench.job import Job
from bench.records.results import Trial
from tests.bench.host.session.test_transcript import EVENTS
from tests.bench.suite.conftest import NUMPY

BUILT = 3  # events until all is built


class GatedExecutor(Executor):
    """Workers that wait at their gates, if they have one, and tell what is to be told.

    Attributes:
        log: what happened, such as `1 built`; the number is the trial's seed.
        dying: seeds of workers that die when they are built.
    """

    def __init__(self, dying: Sequence[int] = ()) -> None:
        super().__init__()
        self.log: list[str] = []
        self.dying = dying

    def run(
        self,
        invocation: Invocation,
        on_event: Callable[[Event], None],
        monitor: Monitor | None = None,
    ) -> WorkerOutcome:
        (seed,) = (
            int(part.removeprefix("seed"))
            for part in invocation.log.stem.split("-")
            if part.startswith("seed")
        )
        job = Job.from_json(invocation.standard_input)
        try:
            for event in EVENTS[:BUILT]:
                on_event(event)
            self.log.append(f"{seed} built")
            if seed in self.dying:
                return WorkerOutcome("The worker was ended by SIGSEGV.", "crashed", 1.0, "")
            if job.gate is not None:
                on_event({"event": "waiting", "processor_seconds": 0.25})
                if os.read(job.gate, 1) == b"":
                    self.log.append(f"{seed} let go")
                    return WorkerOutcome("It was let go.", "failed", 1.0, "")
                on_event({"event": "begun", "waited": 0.5})
            for event in EVENTS[BUILT:]:
                on_event(event)
            self.log.append(f"{seed} trained")
            return WorkerOutcome(None, None, 4.5, "")
        finally:
            for descriptor in invocation.descriptors:
                os.close(descriptor)


def make_session(
    folder: Path,
    executor: Executor,
    count: int = 3,
    places: int = 2,
    available: int | None = 64 * GIBIBYTE,
    said: list[str] | None = None,
) -> tuple[Session, list[Trial]]:
    selection = select(Request(frameworks=("numpy",), implementations=(NUMPY,), threads=1))
    trials = [replace(selection.trials[0], epochs=1, seed=seed + 1) for seed in range(count)]
    prepared = PreparedRun(
        selection=selection,
        inputs=Inputs(folder),
        environments={"numpy": Environment(Path("python"), given=True)},
        data=prepare_data(trials, selection.catalog, lambda line: None),
    )
    say = [] if said is None else said
    room = WaitingRoom(executor, places, say.append, lambda: available)
    run = create_run(folder / "results", "quick")
    return Session(prepared, run, executor=executor, order=trials, room=room), trials


def nothing(event: Event) -> None:
    """Nobody listens."""


def test_workers_build_together_and_train_one_after_the_other(tmp_path: Path, cache: Path) -> None:
    executor = GatedExecutor()
    session, trials = make_session(tmp_path, executor)
    records = [session.execute(trial, nothing) for trial in trials]
    session.close()
    assert sorted(executor.log[:2]) == ["1 built", "2 built"]
    assert executor.log[2:] == ["1 trained", "2 trained", "3 built", "3 trained"]
    assert [record.status for record in records] == ["ok"] * 3
    assert [record.load.starting_workers for record in records] == [2, 2, None]
    # What it waited is none of its time.
    assert records[0].seconds.waiting_seconds is None
    assert records[0].seconds.process_seconds == 4.5


def test_only_what_comes_while_a_worker_trains_is_listened_to(tmp_path: Path, cache: Path) -> None:
    session, trials = make_session(tmp_path, GatedExecutor())
    heard: list[Event] = []
    session.execute(trials[0], heard.append)
    session.close()
    assert [event["event"] for event in heard][:2] == ["begun", "first_step"]


def test_a_worker_that_dies_while_it_waits_is_its_own_trials_failure(
    tmp_path: Path, cache: Path
) -> None:
    executor = GatedExecutor(dying=[2])
    session, trials = make_session(tmp_path, executor)
    first, second, third = (session.execute(trial, nothing) for trial in trials)
    session.close()
    assert [record.status for record in (first, second, third)] == ["ok", "crashed", "ok"]
    assert second.reason is not None
    assert "SIGSEGV" in second.reason


def test_a_worker_of_a_trial_that_is_skipped_by_then_is_let_go(tmp_path: Path, cache: Path) -> None:
    executor = GatedExecutor()
    session, trials = make_session(tmp_path, executor)
    session.execute(trials[0], nothing)
    starved = replace(trials[1], batch_size=0, repeat=0)
    session.progress.starved[starved] = trials[1].batch_size
    assert session.execute(trials[1], nothing).status == "skipped"
    session.close()
    assert executor.log[-1] == "2 let go"


def test_workers_that_nobody_asks_for_are_let_go_at_the_end(tmp_path: Path, cache: Path) -> None:
    executor = GatedExecutor()
    session, trials = make_session(tmp_path, executor, places=3)
    session.execute(trials[0], nothing)
    session.close()
    assert sorted(executor.log[-2:]) == ["2 let go", "3 let go"]


def test_a_worker_that_was_called_and_never_let_train_is_let_go_at_the_end(
    tmp_path: Path, cache: Path
) -> None:
    """An interruption between the two left the host waiting for its end, for ever."""
    executor = GatedExecutor()
    session, trials = make_session(tmp_path, executor)
    session.execute(trials[0], nothing)
    assert session.room is not None
    called = session.room.call(trials[1].id)
    assert called is not None
    closing = Thread(target=session.close)
    closing.start()
    closing.join(30)
    ended = not closing.is_alive()
    called.gate.shut()
    closing.join()
    assert ended
    assert executor.log[-1] == "2 let go"


def test_what_is_not_verified_yet_is_not_prepared(tmp_path: Path, cache: Path) -> None:
    executor = GatedExecutor()
    session, trials = make_session(tmp_path, executor)
    session.proof = PortionedProof(waiting=trials[1:])
    assert session.execute(trials[0], nothing).load.starting_workers is None
    session.close()
    assert executor.log == ["1 built", "1 trained"]


@pytest.mark.parametrize(
    ("available", "built_first"),
    [
        (SPARE_BYTES + 3 * GIBIBYTE, 3),
        (SPARE_BYTES + 3 * GIBIBYTE - 1, 2),
        (SPARE_BYTES, 1),
        (0, 1),
        (None, 3),
    ],
)
def test_as_many_start_up_together_as_there_is_memory_for(
    tmp_path: Path, cache: Path, available: int | None, built_first: int
) -> None:
    executor = GatedExecutor()
    session, trials = make_session(tmp_path, executor, places=3, available=available)
    session.execute(trials[0], nothing)
    session.close()
    assert executor.log.index("1 trained") == built_first


def test_that_memory_is_short_is_said_once(tmp_path: Path, cache: Path) -> None:
    said: list[str] = []
    session, trials = make_session(tmp_path, GatedExecutor(), available=GIBIBYTE, said=said)
    for trial in trials:
        assert session.execute(trial, nothing).load.starting_workers is None
    (line,) = said
    assert "none is prepared before its turn" in line


def test_the_next_ones_may_take_as_much_as_the_largest_so_far(tmp_path: Path, cache: Path) -> None:
    room = WaitingRoom(GatedExecutor(), 4, lambda line: None, lambda: 9 * GIBIBYTE)
    assert room.count_places() == 4
    room.learn(4 * GIBIBYTE)
    room.learn(None)
    assert room.count_places() == 2
    room.close()
