"""Two workers in turns: which trials, and with real processes which block when."""

import json
import os
import sys
from collections.abc import Mapping
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Any

import psutil
import pytest

from bench.host.process.conversation import Limits
from bench.host.process.executor import Executor, Invocation
from bench.host.process.outcome import Event, Listener, WorkerOutcome
from bench.host.process.turns import pair_versions, run_in_turns
from bench.job import Turns
from bench.records.results import Trial
from tests.conftest import ROOT
from tests.reports.conftest import make_record

TRIAL = make_record().trial
# A worker's own side of it, with blocks in which nothing happens but time.
WORKER = """
import json, os, sys, time
from bench.job import Turns
from bench.worker.process import Partner
channel = os.fdopen(int(sys.argv[1]), "w", buffering=1)
def send(event, **values): channel.write(json.dumps({"event": event, **values}) + "\\n")
job = json.load(sys.stdin)
other = Partner(Turns(**job["turns"]))
other.begin()
send("imported", at=time.monotonic(), pid=os.getpid())
for number in range(job["blocks"]):
    start = time.monotonic()
    time.sleep(0.01)
    send("block", start=start, end=time.monotonic())
    if number == job.get("dies_after"):
        os._exit(3)
    other.pass_on()
send("finished")
"""


class Worker:
    """One of two, and what it told."""

    def __init__(self, folder: Path, name: str, **job: Any) -> None:
        self.invocation = Invocation(
            command=(sys.executable, "-c", WORKER),
            environment={"PYTHONPATH": str(ROOT)},
            log=folder / name,
            standard_input="",
            limits=Limits(60),
        )
        self.job = job
        self.events: list[Event] = []

    def run(self, executor: Executor, listen: Listener, turns: Turns) -> WorkerOutcome:
        def hear(event: Event) -> None:
            self.events.append(event)
            listen(event)

        text = json.dumps({**self.job, "turns": asdict(turns)})
        invocation = replace(
            self.invocation, standard_input=text, descriptors=(turns.reads, turns.writes)
        )
        return executor.run(invocation, hear)

    def told(self, kind: str) -> list[Mapping[str, Any]]:
        return [event for event in self.events if event["event"] == kind]


def run(first: Worker, second: Worker, listen: Listener) -> tuple[WorkerOutcome, WorkerOutcome]:
    executor = Executor()
    return run_in_turns(
        partial(first.run, executor), partial(second.run, executor), listen, executor.stop
    )


def nothing(event: Event) -> None:
    """Nobody listens."""


def descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


def test_blocks_alternate_and_none_begins_before_another_ends(tmp_path: Path) -> None:
    first, second = Worker(tmp_path, "a", blocks=8), Worker(tmp_path, "b", blocks=8)
    heard: list[Event] = []
    open_before = descriptors()
    outcomes = run(first, second, heard.append)
    assert [outcome.failure for outcome in outcomes] == [None, None]
    assert heard == first.events
    blocks = sorted(
        (block["start"], block["end"], name)
        for name, worker in (("a", first), ("b", second))
        for block in worker.told("block")
    )
    assert "".join(name for _, _, name in blocks) == "ab" * 8
    ends = [end for _, end, _ in blocks]
    starts = [start for start, _, _ in blocks]
    assert all(end <= start for end, start in zip(ends, starts[1:], strict=False))
    # The second one starts up while the first one waits.
    (imported,) = second.told("imported")
    assert ends[0] < imported["at"] < starts[1]
    assert descriptors() == open_before


@pytest.mark.parametrize("dies", [0, 1])
def test_a_worker_that_dies_leaves_the_machine_to_the_other(tmp_path: Path, dies: int) -> None:
    jobs: list[dict[str, int]] = [{"blocks": 6}, {"blocks": 6}]
    jobs[dies]["dies_after"] = 2
    workers = [Worker(tmp_path, str(place), **job) for place, job in enumerate(jobs)]
    outcomes = run(workers[0], workers[1], nothing)
    assert len(workers[dies].told("block")) == 3
    assert outcomes[dies].failure == "The worker ended with exit status 3."
    assert len(workers[1 - dies].told("block")) == 6
    assert outcomes[1 - dies].failure is None


def test_a_worker_that_cannot_be_started_leaves_the_machine_to_the_other(tmp_path: Path) -> None:
    first, second = Worker(tmp_path, "a", blocks=4), Worker(tmp_path, "b", blocks=4)
    first.invocation = replace(first.invocation, command=("/no/such/program",))
    open_before = descriptors()
    outcomes = run(first, second, nothing)
    assert "could not be started" in str(outcomes[0].failure)
    assert outcomes[1].failure is None
    assert len(second.told("block")) == 4
    assert descriptors() == open_before


@pytest.mark.parametrize("interrupted", ["block", "imported"])
def test_an_interruption_ends_both(tmp_path: Path, interrupted: str) -> None:
    """An error in one thread, as Ctrl-C in the one that waits: neither worker is left."""
    first, second = Worker(tmp_path, "a", blocks=10**6), Worker(tmp_path, "b", blocks=10**6)

    def interrupt(event: Event) -> None:
        if event["event"] == interrupted:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(first, second, interrupt)
    pids = [event["pid"] for worker in (first, second) for event in worker.told("imported")]
    assert pids
    assert not any(psutil.pid_exists(pid) for pid in pids)


def test_two_versions_of_a_trial_are_partners() -> None:
    head, base = TRIAL, replace(TRIAL, revision="abc")
    other = replace(TRIAL, model="lstm")
    repeats = [replace(trial, repeat=2) for trial in (head, base)]
    found = pair_versions([base, other, head, *repeats])
    assert found == {
        head.id: base,
        base.id: head,
        repeats[0].id: repeats[1],
        repeats[1].id: repeats[0],
    }


def test_two_pins_are_partners() -> None:
    old, new = (replace(TRIAL, pin=version) for version in ("2.20.0", "2.21.0"))
    assert pair_versions([old, new]) == {old.id: new, new.id: old}


@pytest.mark.parametrize("changes", [{"device": "cuda"}, {"input": "native"}])
def test_who_cannot_wait_quietly_takes_no_turns(changes: dict[str, str]) -> None:
    head = replace(TRIAL, **changes)  # type: ignore[arg-type]
    assert pair_versions([head, replace(head, revision="abc")]) == {}


def test_three_versions_run_one_after_the_other() -> None:
    versions: list[Trial] = [replace(TRIAL, pin=version) for version in ("1", "2", "3")]
    assert pair_versions(versions) == {}
