"""BASE and HEAD in one run: a framework that computes nothing, with a sleep planted in one model.

Each step is a sleep: of two milliseconds, and of ten where it is planted. What else the machine
does makes neither of them the other.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bench.records.lines import read_records
from tests.conftest import ROOT

# As by default: an invocation that other programs disturb spoils nothing.
REPEATS = 10
INSTANT = Path("tests") / "faults" / "instant"
PLAN = """
block_seconds = 0.005
[[trials]]
models = ["lenet", "lenet-1998"]
datasets = ["synthetic-1x28x28-10-256"]
batch_sizes = [8]
epochs = 2
[trials.optimizer]
name = "sgd"
learning_rate = 0.02
"""
# Seconds of a step by activation: the classic LeNet has tanh, the modern one has not.
EDITS = (
    ("STEP_SECONDS = 0.0005\n", 'STEP_SECONDS = {"relu": 0.002, "tanh": 0.002}\n'),
    # Beside what a framework has in memory, the length of a path is nothing.
    (
        "        self.model = ",
        "        self.seconds = STEP_SECONDS[spec.activation]\n"
        "        self.held = np.ones(2**24)\n"
        "        self.model = ",
    ),
    ("time.sleep(STEP_SECONDS)", "time.sleep(self.seconds)"),
)
# A number alone: one instruction more would be found as well, and a byte of memory.
PLANTED = ('"tanh": 0.002', '"tanh": 0.010')


def edit(path: Path, *edits: tuple[str, str]) -> None:
    text = path.read_text()
    for old, new in edits:
        assert text.count(old) == 1
        text = text.replace(old, new)
    path.write_text(text)


def git(folder: Path, *arguments: str) -> None:
    own = ("-c", "user.name=Test", "-c", "user.email=test@example.org")
    subprocess.run(["git", *own, *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A repository with what a run needs of the project, at its first commit."""
    folder = tmp_path / "project"
    folder.mkdir()
    for name in ("bench", "impls", "reports"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / INSTANT, folder / INSTANT, ignore=shutil.ignore_patterns("__pycache__"))
    edit(folder / INSTANT / "backend.py", *EDITS)
    shutil.copy(ROOT / "pyproject.toml", folder)
    (folder / ".gitignore").write_text("__pycache__\n.benchmarks\n")
    (folder / "plan.toml").write_text(PLAN)
    git(folder, "init", "--quiet")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "first")
    return folder


def run(clone: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "bench/suite", "-p", "no:cacheprovider"),
            *("--plan", "plan.toml", "--impls", str(INSTANT), "--frameworks", "instant"),
            *(f"--python=instant={sys.executable}", "--device=cpu", "--skip-verification"),
            *("--skip-ceilings", "--against", "HEAD", "--repeats", str(REPEATS)),
            *("--results", "results"),
        ],
        cwd=clone,
        env={**os.environ, "PYTHONPATH": str(clone)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_planted_sleep_is_a_regression_that_is_confirmed(clone: Path) -> None:
    edit(clone / INSTANT / "backend.py", PLANTED)

    finished = run(clone)

    assert finished.returncode == 1, finished.stdout + finished.stderr
    out = finished.stdout
    assert "of the trials: running those again, since only what differs twice counts" in out
    assert "Regression: of 2 trials 1 is worse." in out
    assert "slower; in the second run: \N{MINUS SIGN}" in out
    trial = "lenet-1998-synthetic-1x28x28-10-256-instant-eager-default-ieee-cpu-batch8"
    assert f"{trial}: throughput" in out
    first, second = sorted((clone / "results").iterdir())
    assert second.name.endswith("-plan-confirmation")
    document = json.loads((first / "compare.json").read_text())
    verdicts = {one["name"].split("-synthetic")[0]: one["verdict"] for one in document["trials"]}
    assert verdicts["lenet-1998"] == "worse"
    assert verdicts["lenet"] != "worse"
    assert (first / "compare.html").is_file()
    assert (first / "compare.md").read_text().startswith("## samestep: Regression")
    records, _ = read_records(first / "records.jsonl")
    assert len(records) == 2 * 2 * REPEATS
    assert {one.trial.revision for one in records} == {"", document["base"]["commits"][0]}
    partners = {one.trial.id: one.in_turns_with for one in records}
    assert all(partners[other] == name for name, other in partners.items() if other)
    assert None not in partners.values()
    assert not list(clone.glob(".git/worktrees/*"))
