"""The whole examination without a GPU: every step, every decision, real frameworks."""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from bench.errors import UnavailableError
from bench.host.environments.preparation import prepare_environment
from bench.host.frameworks.framework import discover
from tests.conftest import ROOT, unavailable
from tests.gpu.plan import list_steps
from tests.gpu.points import POINTS

# What a step finds for each framework in a rehearsal.
FOUND = {
    "interpreters": ("interpreter", 1),
    "probe": ("probe", 1),
    "verification": ("cell", 1),
    "ceilings": ("ceiling", 2),
    "switches": ("switch", 8),
    "throughput": ("trial", 1),
    "small": ("trial", 3),
    "harness": ("harness", 1),
    "accuracy": ("trial", 1),
}


# With both, every step takes nearly two minutes.
ONE, BOTH = ("pytorch",), ("pytorch", "jax")


@dataclass(frozen=True)
class Rehearsal:
    """The folder that a rehearsal left, and the frameworks that took every step to its end."""

    folder: Path
    frameworks: tuple[str, ...]


@pytest.fixture(scope="module", params=[ONE, pytest.param(BOTH, marks=pytest.mark.long)])
def rehearsed(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Rehearsal:
    frameworks = discover([])
    options = []
    for name in request.param:
        try:
            environment = prepare_environment(frameworks[name], "cpu", {}, print)
        except UnavailableError as error:
            unavailable(str(error))
        options += ["--python", f"{name}={environment.python}"]
    folder = tmp_path_factory.mktemp("gpu")
    finished = subprocess.run(
        [
            *(sys.executable, "-m", "tests.gpu", "--pretend", "--out", str(folder), *options),
            # Far more than it takes, on a machine that others use too.
            *("--minutes", "60"),
        ],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stdout + (folder / "log.txt").read_text()
    return Rehearsal(folder, request.param)


def test_every_step_comes_to_its_end_and_finds_something(rehearsed: Rehearsal) -> None:
    document = json.loads((rehearsed.folder / "gpu.json").read_text())
    steps = {step["name"]: step for step in document["steps"]}
    assert list(steps) == [step.name for step in list_steps()]
    for step in steps.values():
        assert step["status"] == "done", step
        assert step["findings"], step
    for name, (what, least) in FOUND.items():
        findings = [each for each in steps[name]["findings"] if each["what"] == what]
        for framework in rehearsed.frameworks:
            own = [each for each in findings if each["framework"] == framework]
            assert len(own) >= least, (name, framework)


def test_nothing_is_called_seen_where_there_was_no_gpu(rehearsed: Rehearsal) -> None:
    document = json.loads((rehearsed.folder / "gpu.json").read_text())
    assert document["pretended"] is True
    assert [point["name"] for point in document["points"]] == [point.name for point in POINTS]
    assert {point["verdict"] for point in document["points"]} == {"not reached"}


def test_it_leaves_the_page_the_records_and_what_was_printed(rehearsed: Rehearsal) -> None:
    names = {"gpu.json", "report.html", "records.jsonl", "log.txt"}
    assert {file.name for file in rehearsed.folder.iterdir()} == names
    assert "ResNet-20" in (rehearsed.folder / "report.html").read_text()
    records = (rehearsed.folder / "records.jsonl").read_text().splitlines()
    assert {json.loads(record)["status"] for record in records} <= {"ok", "skipped"}
