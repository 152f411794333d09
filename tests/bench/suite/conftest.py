"""Runs the suite as a user does: pytest in a process of its own, or in a fork that is like it.

What a process of its own gives, test_suite.py holds, with each framework test_real_frameworks.py.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from bench.records.lines import read_records
from bench.records.results import Record
from tests.conftest import ROOT

NUMPY = ROOT / "tests" / "frameworks" / "numpy"
# The NumPy framework runs in this very interpreter: nothing has to be installed. Its one thread
# leaves the others to the tests beside.
NUMPY_OPTIONS = (
    f"--impls={NUMPY}",
    "--frameworks=numpy",
    f"--python=numpy={sys.executable}",
    "--device=cpu",
    "--threads=1",
)
PLAN = """
description = "for tests"
block_seconds = 0.02
[[trials]]
models = ["lenet", "lenet-1998"]
datasets = ["digits"]
batch_sizes = [128]
epochs = 2
[trials.optimizer]
name = "sgd"
learning_rate = 0.02
momentum = 0.9
"""
# The same in less time, where it does not matter what is learned. Any block is long enough: whether
# one of a few steps is measured must not depend on the machine's speed.
QUICK_DATA = "synthetic-1x28x28-10-256"
QUICK_PLAN = (
    PLAN.replace('"digits"', f'"{QUICK_DATA}"')
    .replace("[128]", "[32]")
    .replace("block_seconds = 0.02", "block_seconds = 0.000001")
)


@dataclass(frozen=True)
class Finished:
    """What a run of the suite left."""

    status: int
    output: str
    results: Path

    @property
    def run(self) -> Path:
        (run,) = self.results.iterdir()
        return run

    @property
    def records(self) -> list[Record]:
        records, problems = read_records(self.run / "records.jsonl")
        assert not problems
        return records

    @property
    def benchmarks(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads((self.run / "benchmark.json").read_text())[
            "benchmarks"
        ]
        return found


Suite = Callable[..., Finished]
# Runs a command with these variables, and returns its exit status and what it printed.
Run = Callable[[Sequence[str], Mapping[str, str]], tuple[int, str]]


def suite_command(folder: Path, *options: str) -> list[str]:
    """What `tox -e bench` runs, with its results below `folder`."""
    command = [sys.executable, "-m", "pytest", "bench/suite", "-p", "no:cacheprovider"]
    command += ["-p", "bench.suite.options"]
    return [*command, f"--results={folder / 'results'}", *options]


def run_suite(folder: Path, *options: str, **variables: str) -> Finished:
    """Run the suite to its end, in a fork of a process that has imported it already."""
    # Python itself reads that one, at its start.
    run = _run_process if "PYTHONPATH" in variables else _run_fork
    return _run(run, folder, options, variables)


def run_new_suite(folder: Path, *options: str, **variables: str) -> Finished:
    """Run the suite to its end, in a process of its own."""
    return _run(_run_process, folder, options, variables)


def _run(run: Run, folder: Path, options: Sequence[str], variables: Mapping[str, str]) -> Finished:
    status, output = run(suite_command(folder, *options), {**os.environ, **variables})
    return Finished(status, output, folder / "results")


def _run_process(command: Sequence[str], variables: Mapping[str, str]) -> tuple[int, str]:
    finished = subprocess.run(
        command,
        cwd=ROOT,
        env=variables,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return finished.returncode, finished.stdout


def _run_fork(command: Sequence[str], variables: Mapping[str, str]) -> tuple[int, str]:
    """The suite is what nearly all of these processes import, which takes longer than to run it."""
    zygote = _start_zygote()
    assert zygote.stdin is not None
    assert zygote.stdout is not None
    _, _, _, *arguments = command
    with tempfile.NamedTemporaryFile() as output:
        request = {
            "arguments": arguments,
            "variables": dict(variables),
            "output": output.name,
        }
        zygote.stdin.write(json.dumps(request) + "\n")
        zygote.stdin.flush()
        status = int(zygote.stdout.readline())
        return status, output.read().decode()


@cache
def _start_zygote() -> "subprocess.Popen[str]":
    """It ends with this process, which holds the other end of its standard input."""
    command = [sys.executable, "-m", "tests.bench.suite.zygote"]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, text=True)


@pytest.fixture
def suite(tmp_path: Path, cache: Path) -> Suite:
    """The suite with the NumPy framework, a small plan and a cache of this test's own."""
    plan = tmp_path / "small.toml"
    plan.write_text(QUICK_PLAN)

    def run(*options: str, **variables: str) -> Finished:
        chosen = (
            f"--plan={plan}",
            "--skip-verification",
            "--skip-ceilings",
            *NUMPY_OPTIONS,
            *options,
        )
        return run_suite(tmp_path, *chosen, **variables)

    return run
