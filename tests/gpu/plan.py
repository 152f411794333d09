"""The steps of the examination, in the order of what they are worth."""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.gpu import training
from tests.gpu.findings import Finding, read_findings
from tests.gpu.settings import Settings


@dataclass(frozen=True)
class Step:
    """One step: a process with a time limit, and how to read what it left behind.

    Attributes:
        question: what it answers, for people.
        limit_seconds: after which it is stopped.
        build_command: the arguments of its process; the path is that of its findings.
        read: what it found, also where it was stopped.
        needs_framework: whether there is nothing to do without a framework that can compute.
    """

    name: str
    question: str
    limit_seconds: float
    build_command: Callable[[Settings, Path], Sequence[str]]
    read: Callable[[Settings, Path], list[Finding]]
    needs_framework: bool = True


def list_steps() -> list[Step]:
    """List the steps in their order: what is worth most comes first."""
    return [
        _inquire("interpreters", "Which interpreters have which framework?", 60, False),
        _inquire("driver", "What does the driver answer?", 20, False),
        _inquire("probe", "Can each framework compute on this GPU?", 60),
        _inquire("verification", "Do the models take the reference's steps?", 110),
        _inquire("ceilings", "What does the GPU attain at most?", 75),
        _inquire("switches", "Do the switches of TF32 do what they say?", 45),
        _train("throughput", "How fast are large models, and what do they take?", 130),
        _train("small", "How fast are small models, and what do they take?", 70),
        _inquire("harness", "What does the harness itself cost?", 45),
        _train("accuracy", "How long does ResNet-18 take to learn cifar10-jpeg?", 130),
        Step("report", "What does the page look like?", 30, _build_report, _find_report),
    ]


def _inquire(name: str, question: str, limit: float, needs_framework: bool = True) -> Step:
    """Return a step that is a file of `tests.gpu.inquiries`."""

    def build(settings: Settings, notes: Path) -> list[str]:
        file = notes.with_suffix(".settings")
        settings.write(file)
        return [sys.executable, "-m", "tests.gpu.inquire", name, str(file), str(notes)]

    def read(settings: Settings, notes: Path) -> list[Finding]:
        return read_findings(notes)

    return Step(name, question, limit, build, read, needs_framework)


def _train(name: str, question: str, limit: float) -> Step:
    """Return a step that runs a plan of `tests.gpu.training`."""

    def build(settings: Settings, notes: Path) -> list[str]:
        file = notes.with_suffix(".settings")
        settings.write(file)
        return [sys.executable, "-m", "tests.gpu.training", name, str(file)]

    def read(settings: Settings, notes: Path) -> list[Finding]:
        return training.read_trials(name, settings)

    return Step(name, question, limit, build, read)


def _build_report(settings: Settings, notes: Path) -> list[str]:
    return [
        *(sys.executable, "-m", "reports", "build"),
        *(str(folder) for folder in training.list_runs(settings)),
        *("--results", str(settings.results), "--output", str(_page(settings))),
    ]


def _find_report(settings: Settings, notes: Path) -> list[Finding]:
    page = _page(settings)
    if not page.is_file():
        return []
    return [{"what": "page", "bytes": page.stat().st_size}]


def _page(settings: Settings) -> Path:
    return Path(settings.folder) / "report.html"
