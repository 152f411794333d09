"""`python -m bench verify` as a user types it, with the NumPy framework as the one verified."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bench.host.frameworks.editions import choose_frameworks
from bench.host.frameworks.framework import discover
from bench.host.planning.catalog import OWN
from bench.host.planning.request import Request
from bench.host.planning.selection import select
from bench.host.verify.cells import to_cell
from bench.host.verify.command import choose_cells_of_plan
from tests.bench.suite.conftest import NUMPY
from tests.conftest import ROOT


def verify(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "bench", "verify", f"--results={folder / 'results'}", *arguments],
        cwd=ROOT,
        env={**os.environ, "SAMESTEP_CACHE": str(folder / "cache")},
        capture_output=True,
        text=True,
        check=False,
    )


def framework(folder: Path, name: str, old: str = "", new: str = "") -> tuple[str, ...]:
    """Options that name a copy of the NumPy framework, with one text replaced."""
    copy = folder / name
    shutil.copytree(NUMPY, copy)
    if old:
        file, text = next(
            (file, file.read_text()) for file in copy.glob("*.py") if old in file.read_text()
        )
        file.write_text(text.replace(old, new))
    return (f"--impls={copy}", f"--python={name}={sys.executable}", "--device=cpu")


def document(folder: Path) -> dict[str, list[dict[str, object]]]:
    newest = max((folder / "results" / "verify").glob("*.json"))
    return json.loads(newest.read_text())  # type: ignore[no-any-return]


def test_a_right_framework_is_verified_and_then_cached(tmp_path: Path) -> None:
    options = (*framework(tmp_path, "right"), "--frameworks=right", "--models=lenet-1998")
    finished = verify(tmp_path, *options)
    assert finished.returncode == 0, finished.stderr
    (cell,) = document(tmp_path)["cells"]
    assert cell["certificate"]["verdict"] == "verified"  # type: ignore[index]
    assert set(cell["errors"]) == {"float64", "ieee"}  # type: ignore[call-overload]
    assert "verified" in finished.stdout
    again = verify(tmp_path, *options)
    assert again.returncode == 0
    assert "cached" in again.stdout
    assert "Verifying" not in again.stderr


def test_each_cell_is_a_line_as_it_ends(tmp_path: Path) -> None:
    options = (*framework(tmp_path, "right"), "--frameworks=right", "--models=lenet,lenet-1998")
    lines = verify(tmp_path, *options).stderr.splitlines()
    starts = [line for line in lines if "lenet" in line]
    assert [line.partition(" (")[0] for line in starts] == [
        *("Verifying lenet", "lenet", "Verifying lenet-1998", "lenet-1998")
    ]
    for line in starts[1::2]:
        assert re.search(r": verified; largest error \de-\d+ in float64, \de-\d+ in float32", line)
    again = verify(tmp_path, *options).stderr.splitlines()
    assert [line.endswith("; cached") for line in again if "lenet" in line] == [True, True]


def test_a_named_framework_without_the_models_file_is_no_success(tmp_path: Path) -> None:
    named = (*framework(tmp_path, "right"), *framework(tmp_path, "bare"), "--models=lenet-1998")
    (tmp_path / "bare" / "lenet.py").unlink()
    reason = (
        f"has no implementation of lenet-1998; expected the file {tmp_path / 'bare' / 'lenet.py'}; "
        "add it, or leave bare out of --frameworks."
    )
    finished = verify(tmp_path, *named, "--frameworks=right,bare")
    assert finished.returncode == 1
    assert reason in finished.stderr
    assert {cell["framework"] for cell in document(tmp_path)["cells"]} == {"right", "bare"}
    alone = verify(tmp_path, *named, "--frameworks=bare")
    assert alone.returncode == 1
    assert reason in alone.stderr
    # Of models that nobody asked for, and in frameworks that nobody named, nothing is missing.
    assert verify(tmp_path, *named[:-1], "--frameworks=right", named[-1]).returncode == 0


def test_a_traceback_in_an_implementation_is_shown(tmp_path: Path) -> None:
    options = framework(tmp_path, "broken", "find_model_class(spec, __name__)(", '{}["lenet"](')
    finished = verify(tmp_path, *options, "--frameworks=broken", "--models=lenet-1998")
    assert finished.returncode == 1
    shown, _, after = finished.stderr.partition("KeyError: 'lenet'\n")
    assert "Traceback (most recent call last)" in shown
    assert "broken/backend.py" in shown
    assert "is unchecked: KeyError: 'lenet'" in after


def test_a_wrong_framework_is_named_with_the_rule_that_it_breaks(tmp_path: Path) -> None:
    wrong = framework(
        tmp_path, "wrong", "deviations = Deviations()", "deviations = Deviations(nesterov=True)"
    )
    right = framework(tmp_path, "right")
    finished = verify(tmp_path, *wrong, *right, "--frameworks=right,wrong", "--models=lenet-1998")
    assert finished.returncode == 1
    assert "Traceback" not in finished.stderr
    assert "weights after 1 step of sgd: conv1.weight" in finished.stderr
    assert "momentum looks ahead (Nesterov)" in finished.stderr


def test_a_framework_without_the_methods_is_told_which(tmp_path: Path) -> None:
    options = framework(
        tmp_path,
        "mute",
        "def slots(self) -> dict[str, dict[str, np",
        "def mute(self) -> dict[str, dict[str, np",
    )
    finished = verify(tmp_path, *options, "--frameworks=mute", "--models=lenet-1998")
    assert finished.returncode == 1
    assert "has no slots; add them as bench/worker/backend.py describes them" in finished.stderr


def test_the_cells_of_a_plan_are_those_that_its_run_verifies() -> None:
    frameworks = ("pytorch", "jax", "mxnet")
    cells = choose_cells_of_plan(Request(plan="gpu", device="cuda", frameworks=frameworks))
    found = {(cell.model, cell.framework.name, cell.mode) for cell in cells}
    # Precisions are verified together, or not at all; MXNet has neither tf32 nor bf16.
    assert len(found) == len(cells)
    small, large = {"lenet", "lstm", "lstm-2"}, {"alexnet", "resnet18", "resnet50"}
    modes = {("pytorch", "eager"), ("pytorch", "compiled"), ("jax", "compiled")}
    mxnets = {("mxnet", "eager"), ("mxnet", "compiled")}
    assert {one[1:] for one in found if one[0] in large - {"resnet18"}} == modes
    assert {one[1:] for one in found if one[0] in small | {"resnet18"}} == modes | mxnets
    assert {one[0] for one in found} == small | large
    trials = select(Request(plan="gpu", device="cuda", frameworks=frameworks)).trials
    keys = {cell.key for cell in cells}
    chosen = choose_frameworks(discover(), frameworks)
    assert {to_cell(one, chosen, OWN).key for one in trials if one.precision == "ieee"} <= keys


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--models=lenet5"], "There is no model 'lenet5'"),
        (["--modes=fast"], "There is no mode 'fast'"),
        (["--models=lenet,,lstm"], "expected names separated by commas"),
        (["--frameworks=caffe"], "There is no framework 'caffe'"),
        (["--results=/proc/results"], "cannot be written"),
        (["--plan=slow", "--device=cpu"], "There is no plan 'slow'"),
        (["--plan=quick", "--models=lenet"], "--plan quick says already which models"),
        (["--python=caffe=/usr/bin/python3"], "there is no framework 'caffe'"),
    ],
)
def test_a_users_mistake_is_one_line(tmp_path: Path, options: list[str], words: str) -> None:
    finished = verify(tmp_path, *options)
    assert finished.returncode == 2
    assert words in finished.stderr
    assert len(finished.stderr.strip().splitlines()) == 1
