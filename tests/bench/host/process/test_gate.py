"""A worker that waits at its gate, as a real process with a clock that the test owns."""

import os
import sys
import threading
from pathlib import Path

from bench.host.process.conversation import Limits
from bench.host.process.executor import Executor, Invocation
from bench.host.process.gate import Gate
from bench.host.process.outcome import Event, WorkerOutcome
from tests.conftest import ROOT

# A worker's own side of it.
WORKER = """
import sys
from bench.worker.process import Channel, StartingGate
channel = Channel(int(sys.argv[1]))
StartingGate(int(sys.stdin.read())).wait(channel)
channel.send("finished")
"""


class FakeClock:
    """Stands still until somebody lets time pass."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Worker:
    """A process at a gate, run by a thread."""

    def __init__(self, folder: Path, script: str = WORKER) -> None:
        self.clock = FakeClock()
        self.gate = Gate(self.clock)
        self.events: list[Event] = []
        self.outcome: WorkerOutcome | None = None
        self._invocation = Invocation(
            command=(sys.executable, "-c", script),
            environment={"PYTHONPATH": str(ROOT)},
            log=folder / "log",
            standard_input=str(self.gate.reads),
            limits=Limits(60, silence_seconds=30),
            descriptors=(self.gate.reads,),
            clock=self.gate.read_clock,
        )
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        def hear(event: Event) -> None:
            self.events.append(event)
            self.gate.handle_event(event)

        self.outcome = Executor().run(self._invocation, hear)
        self.gate.settled.set()

    def join(self) -> WorkerOutcome:
        self._thread.join(60)
        assert self.outcome is not None
        return self.outcome


def test_what_a_worker_waits_counts_for_none_of_its_limits(tmp_path: Path) -> None:
    worker = Worker(tmp_path)
    worker.gate.settled.wait(60)
    worker.clock.now += 1000.0
    assert worker.gate.read_clock() == 100.0
    worker.gate.open()
    outcome = worker.join()
    assert (outcome.failure, outcome.seconds) == (None, 0.0)
    assert [event["event"] for event in worker.events] == ["waiting", "begun", "finished"]
    assert worker.events[0]["processor_seconds"] > 0
    worker.clock.now += 1.0
    assert worker.gate.read_clock() == 101.0


def test_a_worker_that_is_let_go_ends_without_training(tmp_path: Path) -> None:
    before = len(os.listdir("/proc/self/fd"))
    worker = Worker(tmp_path)
    worker.gate.settled.wait(60)
    worker.gate.shut()
    assert worker.join().failure is not None
    assert "finished" not in [event["event"] for event in worker.events]
    assert len(os.listdir("/proc/self/fd")) == before


def test_a_worker_that_dies_before_its_gate_holds_nobody_up(tmp_path: Path) -> None:
    worker = Worker(tmp_path, "import os; os._exit(3)")
    worker.gate.settled.wait(60)
    worker.gate.open()
    assert worker.join().status == "failed"


def test_a_worker_that_says_it_waits_once_it_may_train_gains_no_time() -> None:
    clock = FakeClock()
    gate = Gate(clock)
    os.close(gate.reads)
    gate.handle_event({"event": "built"})
    assert not gate.settled.is_set()
    gate.shut()
    gate.handle_event({"event": "waiting"})
    clock.now += 7.0
    assert gate.read_clock() == 107.0
