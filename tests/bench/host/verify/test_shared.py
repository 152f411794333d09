"""Cells that share a process, with copies of the reference in place of a framework."""

import os
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bench.host.environments.preparation import Environment
from bench.host.frameworks.framework import Tuning, read_framework
from bench.host.frameworks.setup import TUNED
from bench.host.process.conversation import Limits
from bench.host.process.executor import Executor, Invocation
from bench.host.process.outcome import Event, WorkerOutcome
from bench.host.verify.cells import Cell, choose_cells
from bench.host.verify.certification import CellReport, Certification
from bench.host.verify.shared import SharedWorker
from bench.host.verify.together import certify_all
from bench.host.verify.verifier import REFERENCE, Verifier
from tests.bench.host.verify.conftest import cell, framework
from tests.impls.planting import Edit, copied

HERE = {"numpy": Environment(Path(sys.executable), given=True)}
MODELS = ("lenet", "lstm", "lenet-1998")


class Counting(Executor):
    """Keeps the logs of what it runs, by whether the worker is offered more than one job."""

    def __init__(self) -> None:
        super().__init__()
        self.shared: list[str] = []
        self.alone: list[str] = []

    def run(
        self, invocation: Invocation, on_event: Callable[[Event], None], monitor: Any = None
    ) -> WorkerOutcome:
        names = self.shared if invocation.descriptors else self.alone
        names.append(invocation.standard_input)
        return super().run(invocation, on_event, monitor)


def cells_with(folder: Path, *edits: Edit) -> list[Cell]:
    numpy = copied(read_framework(REFERENCE), edits, folder)
    return choose_cells({"numpy": numpy}, MODELS, [], "cpu")


def verifier_in(folder: Path) -> tuple[Verifier, Counting]:
    scratch = folder / "scratch"
    scratch.mkdir()
    executor = Counting()
    return Verifier(HERE, 1, scratch, executor=executor), executor


def reports_of(verifier: Verifier, cells: list[Cell]) -> list[CellReport]:
    return certify_all(Certification(verifier, HERE, lambda line: None, fresh=True), cells, 1)


def test_cells_of_a_framework_share_a_process(tmp_path: Path, cache: Path) -> None:
    verifier, executor = verifier_in(tmp_path)
    reports = reports_of(verifier, cells_with(tmp_path))
    assert [report.certificate.verdict for report in reports] == ["verified"] * 3
    assert len(executor.shared) == 1
    assert all('"record": null' not in job for job in executor.alone)  # references alone
    assert not executor._running


def test_a_crash_is_that_cells_failure_alone(tmp_path: Path, cache: Path) -> None:
    crash = Edit("lstm.py", '"""LSTM in NumPy', 'import os\n\nos._exit(0)\n"""LSTM in NumPy')
    verifier, executor = verifier_in(tmp_path)
    first, second, third = reports_of(verifier, cells_with(tmp_path, crash))
    assert first.certificate.verified
    assert third.certificate.verified
    assert second.certificate.verdict == "unchecked"
    assert "ended before it had finished" in str(second.certificate.reason)
    # The cell that failed was tried again without what others may have left.
    assert len(executor.shared) == 2
    assert sum('"record": null' in job for job in executor.alone) == 1


def test_what_earlier_cells_left_makes_no_difference(tmp_path: Path, cache: Path) -> None:
    worn = Edit(
        "backend.py",
        "        return self._forward(inputs, training)\n",
        "        Backend.calls = getattr(Backend, 'calls', 0) + 1\n"
        "        return self._forward(inputs, training) * (1 if Backend.calls <= 40 else 2)\n",
    )
    verifier, executor = verifier_in(tmp_path)
    reports = reports_of(verifier, cells_with(tmp_path, worn))
    assert [report.certificate.verdict for report in reports] == ["verified"] * 3
    assert sum('"record": null' in job for job in executor.alone) >= 1


def test_a_worker_that_takes_too_long_is_stopped(tmp_path: Path) -> None:
    executor = Executor()
    sleep = (sys.executable, "-c", "import time; time.sleep(99)")
    reads, writes = os.pipe()
    limits = Limits(float("inf"))
    invocation = Invocation(sleep, {}, tmp_path / "log", "", limits, (reads,))
    worker = SharedWorker(executor, invocation, writes, 0.5)
    assert worker.wait() == ([], "It was stopped after 0.5 s.", "")
    worker.end()
    assert not executor._running


def test_an_interruption_ends_the_shared_worker(tmp_path: Path, cache: Path) -> None:
    verifier, executor = verifier_in(tmp_path)

    def interrupt(report: CellReport) -> None:
        raise KeyboardInterrupt

    certification = Certification(verifier, HERE, lambda line: None, fresh=True)
    before = threading.active_count()
    with pytest.raises(KeyboardInterrupt):
        certify_all(certification, cells_with(tmp_path), 1, interrupt)
    assert not executor._running
    assert threading.active_count() == before


class Quiet(Executor):
    """Runs nothing, and keeps what its workers would see."""

    def __init__(self) -> None:
        super().__init__()
        self.environments: list[dict[str, str]] = []

    def run(
        self, invocation: Invocation, on_event: Callable[[Event], None], monitor: Any = None
    ) -> WorkerOutcome:
        self.environments.append(dict(invocation.environment))
        on_event({"event": "finished"})
        return WorkerOutcome(None, None, 1.0, "")


def test_threads_that_wait_sleep_unless_a_framework_says_otherwise(tmp_path: Path) -> None:
    executor = Quiet()
    here = {"alpha": Environment(Path("/env/one/bin/python"), given=False)}
    verifier = Verifier(here, 1, tmp_path, executor=executor)
    alpha = framework(tmp_path)
    verifier.compare(cell(alpha))
    assert {one["OMP_WAIT_POLICY"] for one in executor.environments} == {"PASSIVE"}
    spinning = Tuning(
        ("lenet",), ("eager",), ("cpu",), {"OMP_WAIT_POLICY": "ACTIVE"}, {}, None, "it spins", ""
    )
    tuned = replace(cell(replace(alpha, tuned=(spinning,))), settings=TUNED)
    verifier.compare(tuned)
    assert executor.environments[-1]["OMP_WAIT_POLICY"] == "ACTIVE"
