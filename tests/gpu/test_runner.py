"""How steps are run: time limits, and what is left out and why."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.gpu.document import is_all_right, write_document
from tests.gpu.findings import Finding, Notebook, read_findings
from tests.gpu.plan import Step
from tests.gpu.runner import StepResult, launch_process, run_steps
from tests.gpu.settings import Settings


class Clock:
    """Time that passes only in steps."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Machine:
    """Runs steps that take as long as the test says, and writes the findings that it says."""

    def __init__(self, clock: Clock, seconds: dict[str, float], code: int = 0) -> None:
        self.clock, self.seconds, self.code = clock, seconds, code
        self.limits: dict[str, float] = {}
        self.findings: dict[str, list[Finding]] = {}
        self.pythons: dict[str, dict[str, str]] = {}

    def launch(self, command: Sequence[str], log: Path, seconds: float) -> int | None:
        (name,) = command
        self.limits[name] = seconds
        log.write_text(f"printed by {name}\n")
        took = self.seconds.get(name, 1.0)
        self.clock.now += min(took, seconds)
        return None if took > seconds else self.code

    def step(self, name: str, limit: float = 50.0, needs_framework: bool = True) -> Step:
        def build(settings: Settings, notes: Path) -> list[str]:
            self.pythons[name] = settings.pythons
            return [name]

        def read(settings: Settings, notes: Path) -> list[Finding]:
            return self.findings.get(name, [])

        return Step(name, f"What of {name}?", limit, build, read, needs_framework)


@pytest.fixture
def machine() -> Machine:
    return Machine(Clock(), {})


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(str(tmp_path), {"jax": "/opt/python", "pytorch": "/opt/python"})


def run(
    machine: Machine, settings: Settings, names: Sequence[str], seconds: float = 300.0
) -> dict[str, StepResult]:
    results = run_steps(
        [machine.step(name) for name in names],
        settings,
        seconds,
        lambda *_: None,
        machine.launch,
        machine.clock,
    )
    return {result.name: result for result in results}


def test_a_step_is_stopped_at_its_limit_and_keeps_its_findings(
    machine: Machine, settings: Settings
) -> None:
    machine.seconds["long"] = 1000.0
    machine.findings["long"] = [{"what": "cell"}]
    results = run(machine, settings, ["long", "next"])
    assert results["long"].status == "stopped at its limit"
    assert results["long"].findings == [{"what": "cell"}]
    assert results["next"].status == "done"


def test_the_whole_ends_in_time_and_the_last_step_still_runs(
    machine: Machine, settings: Settings
) -> None:
    machine.seconds = {"first": 1000.0, "second": 1000.0}
    results = run(machine, settings, ["first", "second", "third", "page"], seconds=100.0)
    # 20 s are for the page.
    assert machine.limits == {"first": 50.0, "second": 30.0, "page": 20.0}
    assert results["third"].status == "not reached"
    assert results["third"].reason == "The time was up."
    assert machine.clock.now <= 200.0


def test_what_a_failed_step_printed_is_its_reason(machine: Machine, settings: Settings) -> None:
    machine.code = 3
    result = run(machine, settings, ["broken"])["broken"]
    assert result.status == "failed"
    assert result.reason == "Exit status 3: printed by broken"


def test_without_a_gpu_the_other_steps_say_so(machine: Machine, settings: Settings) -> None:
    no_driver = "NVML, nvmlInit: NVML Shared Library Not Found."
    machine.findings["driver"] = [
        {"what": "answer", "question": "name", "value": None, "reason": no_driver}
    ]
    results = run(machine, settings, ["driver", "probe"])
    assert results["probe"].status == "not reached"
    assert results["probe"].reason == f"There is no GPU to examine: {no_driver}"
    assert "probe" not in machine.limits


def test_a_framework_that_cannot_compute_is_left_out_of_the_rest(
    machine: Machine, settings: Settings
) -> None:
    machine.findings["probe"] = [
        {"what": "probe", "framework": "jax", "reason": "a build for the CPU"},
        {"what": "probe", "framework": "pytorch", "reason": None},
    ]
    run(machine, settings, ["probe", "verification"])
    assert machine.pythons["probe"] == settings.pythons
    assert machine.pythons["verification"] == {"pytorch": "/opt/python"}


def test_without_any_framework_the_rest_is_not_reached(
    machine: Machine, settings: Settings
) -> None:
    machine.findings["interpreters"] = [
        {"what": "interpreter", "framework": name, "reason": "no such module"}
        for name in settings.pythons
    ]
    results = run(machine, settings, ["interpreters", "probe"])
    reason = "No interpreter has a framework that can compute here."
    assert results["probe"].reason == reason


def test_the_document_is_whole_after_every_step(
    machine: Machine, settings: Settings, tmp_path: Path
) -> None:
    seen: list[list[str]] = []

    def keep(results: Sequence[StepResult], now: Settings) -> None:
        write_document(tmp_path, results, settings)
        document = json.loads((tmp_path / "gpu.json").read_text())
        seen.append([step["name"] for step in document["steps"]])

    steps = [machine.step(name) for name in ("one", "two")]
    results = run_steps(steps, settings, 300.0, keep, machine.launch, machine.clock)
    assert seen == [["one"], ["one", "two"]]
    assert is_all_right(results, pretend=True)


def test_a_process_that_does_not_end_is_ended(tmp_path: Path) -> None:
    log = tmp_path / "log"
    program = "import time; print('begun', flush=True); time.sleep(600)"
    assert launch_process([sys.executable, "-c", program], log, 3.0) is None
    assert log.read_text() == "begun\n"


def test_a_line_that_was_cut_off_is_no_finding(tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    Notebook(notes).write("cell", model="lenet")
    with notes.open("a") as stream:
        stream.write('{"what": "ce')
    assert read_findings(notes) == [{"what": "cell", "model": "lenet"}]
