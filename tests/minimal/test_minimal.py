"""From plan to report where nothing optional is installed, and one line for what asks for it."""

import subprocess
from importlib.util import find_spec
from pathlib import Path

import pytest

from bench.dependencies import OPTIONAL, find_missing_optional
from bench.records.lines import read_records
from reports.formats.registry import FORMATS
from tests.bench.suite.conftest import NUMPY, NUMPY_OPTIONS
from tests.conftest import ROOT
from tests.minimal.conftest import Minimal, hidden

Ended = tuple[subprocess.CompletedProcess[str], Path]


@pytest.fixture
def run(ended: Ended) -> Path:
    (folder,) = ended[1].glob("*-plan")
    return folder


def test_here_everything_is_installed_and_there_it_is_not(minimal: Minimal) -> None:
    modules, _ = hidden()
    assert find_missing_optional() == []
    for name in ("pytest", "pandas", "scipy", "yaml", "hypothesis", "psutil"):
        assert find_spec(name)
    assert not {"pytest", "pandas", "scipy", "numpy", "seaborn", "rich", "filelock"} & modules
    assert {"yaml", "hypothesis", "psutil", "ruptures"} <= modules
    assert "No module named mypy" in minimal("-m", "mypy").stdout


def test_a_plan_becomes_records_that_are_verified_and_a_report(ended: Ended, run: Path) -> None:
    finished, _ = ended
    assert finished.returncode == 0, finished.stdout
    assert "Traceback" not in finished.stdout
    assert f"report:  {run / 'report.html'}" in finished.stdout
    records, problems = read_records(run / "records.jsonl")
    assert not problems
    assert [record.status for record in records] == ["ok", "ok"]
    for record in records:
        assert record.certificate is not None
        assert record.certificate.verdict == "verified"
        assert record.steady not in (None, "too few blocks")
        assert record.ceilings
        assert record.machine["physical_cores"]


# In one process, which is quicker than a dozen.
ALL = """
import sys
from reports.__main__ import main
from reports.formats.registry import FORMATS

run, folder = sys.argv[1:]
for arguments in (
    ["check", run],
    ["history", run, "--output", f"{folder}/history.html"],
    ["compare", run, run],
    *(
        ["export", run, "--format", one.name, "--output", f"{folder}/{one.name}"]
        for one in FORMATS
        if one.name != "parquet"
    ),
):
    print(main(arguments), arguments)
"""


def test_reports_of_every_kind_and_every_format_but_one_are_made(
    minimal: Minimal, run: Path, tmp_path: Path
) -> None:
    finished = minimal("-c", ALL, str(run), str(tmp_path))
    assert "Traceback" not in finished.stdout
    statuses = [line for line in finished.stdout.splitlines() if "[" in line]
    assert len(statuses) == 3 + len(FORMATS) - 1, finished.stdout
    assert all(line.startswith("0 [") for line in statuses), finished.stdout
    written = {file.name for file in tmp_path.iterdir() if file.stat().st_size > 100}
    assert written == {"history.html", *(one.name for one in FORMATS)} - {"parquet"}


def test_parquet_is_one_line(minimal: Minimal, run: Path) -> None:
    finished = minimal("-m", "reports", "export", str(run), "--format=parquet")
    assert finished.returncode == 2
    (line,) = finished.stdout.splitlines()
    assert "--format parquet needs the package fastparquet, which " in line
    assert line.endswith("install it (pip install fastparquet), or choose --format csv.")


def test_what_is_there_can_be_listed(minimal: Minimal) -> None:
    finished = minimal("-m", "bench", "list")
    assert finished.returncode == 0, finished.stdout
    assert "digits" in finished.stdout


def test_data_that_ask_for_scikit_learn_are_one_line(minimal: Minimal) -> None:
    finished = minimal("-m", "bench", "prepare", "--plan=quick", *NUMPY_OPTIONS)
    assert finished.returncode == 2
    assert finished.stdout.splitlines()[-1].startswith(
        "bench: The data set 'digits' needs the package scikit-learn, which "
    )
    assert "Traceback" not in finished.stdout


def test_a_framework_without_an_interpreter_is_skipped_with_its_reason(
    minimal: Minimal, tmp_path: Path
) -> None:
    options = ("--frameworks=mxnet", "--models=lenet", "--device=cpu", f"--results={tmp_path}")
    finished = minimal("-m", "bench", "verify", *options)
    assert finished.returncode == 1
    words = "MXNet will be skipped: An environment of its own needs the package uv, which "
    assert words in finished.stdout
    assert "Installing" not in finished.stdout
    assert "name an interpreter with --python." in finished.stdout
    assert "Traceback" not in finished.stdout


def test_the_doctor_says_what_goes_without(minimal: Minimal, tmp_path: Path) -> None:
    file = tmp_path / "doctor.json"
    options = ("--plan=mnist", f"--impls={NUMPY}", "--frameworks=numpy", f"--json={file}")
    minimal("-m", "bench", "doctor", *options)
    text = file.read_text()
    for package in OPTIONAL:
        assert f"without {package.name} {package.without}" in text


def test_the_page_names_every_optional_package() -> None:
    page = (ROOT / "docs" / "guides" / "own-interpreters.md").read_text()
    for package in OPTIONAL:
        assert f"| `{package.name}` | {package.without} |" in page
