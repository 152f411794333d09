"""The workflows that are there to be copied, against the schemas of those who run them."""

import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.conftest import ROOT

GITHUB = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
GITLAB = ROOT / "docs" / "examples" / "gitlab-ci.yml"


@pytest.mark.parametrize(
    ("file", "schema"),
    [*((one, "vendor.github-workflows") for one in GITHUB), (GITLAB, "vendor.gitlab-ci")],
)
def test_a_workflow_is_what_its_schema_says(file: Path, schema: str) -> None:
    finished = subprocess.run(
        [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, str(file)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr


def test_the_schema_sees_a_mistake(tmp_path: Path) -> None:
    broken = tmp_path / "bench.yml"
    broken.write_text(GITHUB[0].read_text().replace("runs-on:", "run-on:"))

    finished = subprocess.run(
        [
            *(sys.executable, "-m", "check_jsonschema"),
            *("--builtin-schema", "vendor.github-workflows", str(broken)),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 1


@pytest.mark.parametrize("file", [*GITHUB, GITLAB])
def test_every_environment_of_tox_that_a_workflow_runs_is_there(file: Path) -> None:
    known = (ROOT / "tox.ini").read_text()
    lines = [line.strip() for line in file.read_text().splitlines()]
    commands = [line.removeprefix("- ").removeprefix("run: ") for line in lines]
    environments = [one.split()[2] for one in commands if one.startswith("tox -e ")]

    assert yaml.safe_load(file.read_text())
    assert all(f"[testenv:{name}]" in known for name in environments)
    assert environments or file.name == "ci.yml"
