"""`python -m tests.gpu` as a user types it, where there is no GPU or a mistake is made."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT, WITHOUT_GPU


def examine(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tests.gpu", *arguments],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


@WITHOUT_GPU
def test_without_a_driver_there_is_a_document_that_says_so(tmp_path: Path) -> None:
    finished = examine("--out", str(tmp_path), f"--python=jax={sys.executable}")
    document = json.loads((tmp_path / "gpu.json").read_text())
    steps = {step["name"]: step for step in document["steps"]}
    (interpreter,) = steps["interpreters"]["findings"]
    assert "this Python has no module 'jax'" in interpreter["reason"]
    assert steps["driver"]["status"] == "done"
    answers = [each for each in steps["driver"]["findings"] if each["what"] == "answer"]
    assert {answer["value"] for answer in answers} == {None}
    assert steps["verification"]["reason"].startswith("There is no GPU to examine: NVML")
    assert finished.returncode == 1, finished.stdout
    assert "Traceback" not in finished.stdout + finished.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--python", "jax"], "--python jax: expected NAME=PATH with a name out of jax"),
        (["--python", "torch=/opt/python"], "--python torch=/opt/python: expected NAME=PATH"),
        (["--steps", "drver"], "--steps drver: there is no such step; expected names out of"),
        (["--minutes", "0"], "--minutes is 0.0; expected a number above 0."),
    ],
)
def test_a_mistake_is_one_line(arguments: list[str], words: str, tmp_path: Path) -> None:
    finished = examine("--out", str(tmp_path), *arguments)
    assert finished.returncode == 2
    assert finished.stderr.startswith(f"gpu: {words}")
    assert finished.stderr.count("\n") == 1


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    finished = examine("--out", str(file / "inside"))
    assert finished.returncode == 2
    assert "cannot be made (Not a directory)" in finished.stderr
