"""`python -m tests.overhead` as a user types it, with the NumPy framework and a loop around it."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.bench.suite.conftest import NUMPY
from tests.bench.suite.test_suite import heed_interrupts
from tests.conftest import ROOT, WITHOUT_GPU

BARE = """
from .backend import Backend


def own_model(spec, weights, execution):
    return spec, weights


def bare_loop(model, optimizer, execution):
    backend = Backend(model[0], optimizer, execution)
    backend.load(model[1])

    def train(inputs, labels):
        for x, y in zip(inputs, labels, strict=True):
            backend.step(x, y)

    return train
"""


def started(
    folder: Path, *arguments: str, bare: str = BARE, command: str = "overhead"
) -> subprocess.Popen[str]:
    copy = folder / "mine"
    shutil.copytree(NUMPY, copy)
    (copy / "bare.py").write_text(bare)
    options = (
        f"--impls={copy}",
        f"--python=mine={sys.executable}",
        "--frameworks=mine",
        "--threads=1",
    )
    return subprocess.Popen(
        [sys.executable, "-m", "tests.overhead", command, *options, "--device=cpu", *arguments],
        cwd=ROOT,
        env={**os.environ, "SAMESTEP_CACHE": str(folder / "cache")},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=heed_interrupts,
    )


def overhead(folder: Path, *arguments: str, bare: str = BARE) -> subprocess.CompletedProcess[str]:
    process = started(folder, *arguments, bare=bare)
    output, errors = process.communicate()
    return subprocess.CompletedProcess(process.args, process.returncode, output, errors)


def test_pairs_of_every_build_and_what_the_loop_takes_alone(tmp_path: Path) -> None:
    file = tmp_path / "overhead.json"
    finished = overhead(
        tmp_path,
        "--models=lenet",
        "--invocations=2",
        "--pairs=3",
        "--builds=2",
        f"--json={file}",
    )

    assert finished.returncode == 0, finished.stderr
    assert "3 + 3" in finished.stdout
    (case,) = json.loads(file.read_text())["cases"]
    assert case["failure"] is None
    assert [len(pairs) for pairs in case["seconds"]] == [3, 3]
    assert [len(steps) for steps in case["steps_of_each_pair"]] == [3, 3]
    assert case["ratio"]["low"] <= case["ratio"]["median"] <= case["ratio"]["high"]
    assert len(case["loop_alone"]) == 2
    assert all(loop["block_seconds"] > 0 for loop in case["loop_alone"])


def test_a_loop_that_breaks_is_a_row_with_its_reason(tmp_path: Path) -> None:
    broken = BARE.replace("backend.step(x, y)", "raise ValueError('no such step')")
    finished = overhead(tmp_path, "--models=lenet", "--invocations=1", bare=broken)

    assert finished.returncode == 1
    assert "no such step" in " ".join(finished.stdout.split())
    assert "Traceback" not in finished.stderr


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_what_was_finished_is_shown_when_somebody_ends_it(
    number: signal.Signals, tmp_path: Path
) -> None:
    file = tmp_path / "overhead.json"
    options = ("--models=lenet", "--invocations=99", "--pairs=2", "--builds=1", f"--json={file}")
    process = started(tmp_path, *options)
    assert process.stderr is not None
    for line in process.stderr:
        if "(2 of 99)" in line:
            process.send_signal(number)
            break
    output, errors = process.communicate()

    assert process.returncode == 130
    assert "Traceback" not in errors
    found = re.search(r"interrupted: (\d+) of 99 invocations", " ".join(output.split()))
    assert found is not None, output
    # On a busy machine others end before the signal is there.
    assert 1 <= int(found[1]) < 99
    (case,) = json.loads(file.read_text())["cases"]
    assert [len(pairs) for pairs in case["seconds"]] == [2] * int(found[1])


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--models=vgg"], "`overhead` does not measure 'vgg'"),
        (["--builds=0"], "--builds is 0; expected at least 1."),
    ],
)
def test_a_mistake_is_one_line(arguments: list[str], words: str, tmp_path: Path) -> None:
    finished = overhead(tmp_path, *arguments)

    assert finished.returncode not in (0, 1)
    assert words in finished.stderr
    assert finished.stderr.count("\n") == 1


@WITHOUT_GPU
@pytest.mark.parametrize("command", ["overhead", "references"])
def test_a_gpu_that_is_not_there_is_one_line(command: str) -> None:
    finished = subprocess.run(
        [sys.executable, "-m", "tests.overhead", command, "--device=cuda"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 2
    (line,) = finished.stderr.splitlines()
    assert line.startswith(f"{command}: --device cuda: this machine has no usable GPU (NVML: ")


def test_a_worker_trains_with_another_one_waiting_beside_it_and_without(tmp_path: Path) -> None:
    file = tmp_path / "raw.json"
    short = ("--invocations=2", "--rounds=2", "--blocks=2", f"--json={file}")
    process = started(tmp_path, *short, command="company")
    output, errors = process.communicate()
    assert process.returncode == 0, errors
    assert "2 + 2" in output
    (result,) = json.loads(file.read_text("utf-8"))["frameworks"]
    pairs = [pair for invocation in result["invocations"] for pair in invocation]
    assert len(pairs) == 4
    assert all(seconds > 0 for pair in pairs for seconds in pair)
    assert result["ratio"]["low"] <= result["ratio"]["median"] <= result["ratio"]["high"]


def test_company_of_no_rounds_is_one_line(tmp_path: Path) -> None:
    process = started(tmp_path, "--rounds=0", command="company")
    _, errors = process.communicate()
    assert process.returncode == 2
    assert errors.strip() == "company: --rounds is 0; expected at least 1."
