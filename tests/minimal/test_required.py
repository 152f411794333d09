"""One line where something is missing without which there is no run and no report."""

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from bench.dependencies import FOR_REPORTS, FOR_RUNS, OPTIONAL
from tests.conftest import ROOT
from tests.minimal.conftest import SITE

MISSING = {"filelock", "seaborn", "rich"}


def without(folder: Path, modules: set[str], *command: str) -> subprocess.CompletedProcess[str]:
    (folder / "sitecustomize.py").write_text(SITE.format(modules=modules, distributions=set()))
    return subprocess.run(
        [sys.executable, *command],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("-m bench list", "bench: {python} does not have seaborn, filelock, rich; install"),
        ("-m bench doctor", "bench: {python} does not have seaborn, filelock, rich; install"),
        (
            "-m pytest bench/suite -p no:cacheprovider",
            "bench: {python} does not have seaborn, filelock, rich; install",
        ),
        ("-m reports build", "reports: {python} does not have seaborn; install"),
    ],
)
def test_all_that_is_missing_is_in_one_line(command: str, words: str, tmp_path: Path) -> None:
    finished = without(tmp_path, MISSING, *command.split())
    assert finished.returncode == 2, finished.stderr
    (line,) = finished.stderr.splitlines()
    assert line.startswith(words.format(python=sys.executable))
    assert "(pip install seaborn" in line
    assert not finished.stdout


def test_a_worker_asks_for_none_of_them(tmp_path: Path) -> None:
    finished = without(tmp_path, set(FOR_RUNS) - {"numpy"}, "-c", "import bench.worker.__main__")
    assert finished.returncode == 0, finished.stderr


def test_the_lists_are_those_of_the_project() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = {Requirement(text).name for text in project["dependencies"]}
    assert {*FOR_RUNS.values(), *(package.name for package in OPTIONAL)} == wanted
    assert FOR_REPORTS.items() <= FOR_RUNS.items()
