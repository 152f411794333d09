"""Faults of workers, planted in each framework's own training: the suite goes on, and tells."""

import re
import shutil
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from bench.records.lines import read_records
from bench.records.results import Record
from tests.bench.suite.conftest import run_suite
from tests.conftest import ROOT
from tests.faults.sabotage import STATUSES

BACKEND = '''"""{framework} with a fault."""

import impls

impls.__path__.append({parent!r})

from impls.{framework}.backend import Backend as Sound
from tests.faults.sabotage import sabotaged

Backend = sabotaged(Sound, {fault!r}, {crawl})
'''
PLAN = """
description = "each framework with each fault"
block_seconds = 0.02
time_limit_seconds = {time_limit}
silence_limit_seconds = {silence_limit}
memory_limit_gib = {memory_limit}
[[trials]]
models = ["lenet"]
datasets = ["synthetic-1x32x32-10-2000"]
batch_sizes = [32]
epochs = 3
frameworks = {frameworks}
[trials.optimizer]
name = "sgd"
learning_rate = 0.01
"""


# Of a trial that takes too long: it has some more.
CRAWLING_STEPS = 120


@dataclass(frozen=True)
class Limits:
    """Of the plan: a framework's import has to fit into them."""

    time_seconds: float = 60
    silence_seconds: float = 25
    memory_gib: float = 3


@dataclass(frozen=True)
class Injection:
    """One fault in one framework, and what came of it."""

    framework: str
    fault: str
    expected: str
    record: Record | None

    @property
    def survived(self) -> bool:
        """Whether the trial ended as it should, with the fault in its record."""
        return self.record is not None and self.record.status == self.expected

    @property
    def words(self) -> str:
        """How it ended."""
        if self.record is None:
            return "no record"
        return f"{self.record.status}: {self.record.reason}" if self.record.reason else "ok"


@dataclass(frozen=True)
class Suite:
    """A run of the suite with faults.

    Attributes:
        status: exit status of the suite.
        sound: the framework without a fault, which ran among them.
        report: the page's text.
        left: processes that were still there after the end.
    """

    status: int
    output: str
    injections: tuple[Injection, ...]
    sound: Record | None
    report: str
    left: tuple[str, ...]


def inject(
    folder: Path,
    framework: str,
    source: Path,
    python: Path,
    limits: Limits,
    faults: Iterable[str] = tuple(STATUSES),
) -> Suite:
    """Run the suite with every fault in one framework, and with the framework as it is.

    Args:
        source: folder of the framework.
        python: an interpreter that has it.
    """
    names = {_name(framework, fault): fault for fault in faults}
    for name, fault in names.items():
        write_sabotaged(folder / "impls" / name, source, fault, limits)
    plan = folder / "faults.toml"
    plan.write_text(
        PLAN.format(
            time_limit=limits.time_seconds,
            silence_limit=limits.silence_seconds,
            memory_limit=limits.memory_gib,
            frameworks=[*names, source.name],
        )
    )
    options = [
        f"--plan={plan}",
        "--device=cpu",
        f"--frameworks={','.join([*names, source.name])}",
        "--skip-verification",
        "--skip-ceilings",
        *(f"--impls={folder / 'impls' / name}" for name in names),
        *([f"--impls={source}"] if not source.is_relative_to(ROOT / "impls") else []),
        *(f"--python={name}={python}" for name in [*names, source.name]),
    ]
    finished = run_suite(folder, *options)
    time.sleep(0.5)  # what was killed has to be reaped by the system
    left = processes_of(folder)
    records = {one.trial.framework: one for one in read_records(_records(finished.results))[0]}
    return Suite(
        finished.status,
        finished.output,
        tuple(
            Injection(framework, fault, STATUSES[fault], records.get(name))
            for name, fault in names.items()
        ),
        records.get(source.name),
        (finished.run / "report.html").read_text(),
        tuple(left),
    )


def _records(results: Path) -> Path:
    (found,) = results.glob("*/records.jsonl")
    return found


def _name(framework: str, fault: str) -> str:
    return f"{framework}-{re.sub('[^a-z0-9]+', '-', fault.lower()).strip('-')}"


def write_sabotaged(folder: Path, source: Path, fault: str, limits: Limits) -> None:
    """Write a framework of its own, which is `source` but for a fault in its backend."""
    folder.mkdir(parents=True)
    for path in source.iterdir():
        if path.suffix in (".toml", ".txt", ".py"):
            shutil.copy(path, folder)
    content = BACKEND.format(
        framework=source.name,
        parent=str(source.parent),
        fault=fault,
        crawl=limits.time_seconds / CRAWLING_STEPS,
    )
    (folder / "backend.py").write_text(content)


def processes_of(folder: Path) -> list[str]:
    """Commands of the processes that print into a file of a run below `folder`.

    Each worker does, with all that it starts; those of other runs on this machine do not.
    """
    found = []
    for process in psutil.process_iter(["cmdline"]):
        with suppress(psutil.Error):
            if any(Path(file.path).is_relative_to(folder) for file in process.open_files()):
                found.append(" ".join(process.info["cmdline"] or ()))
    return found
