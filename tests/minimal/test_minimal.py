"""From plan to report where nothing optional is installed, and one line for what asks for it."""

import subprocess
from importlib.util import find_spec
from pathlib import Path

import pytest

from bench.optional import OPTIONAL, missing
from bench.results import read_records
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
    assert missing() == []
    for name in ("pytest", "pandas", "scipy", "yaml", "hypothesis", "psutil"):
        assert find_spec(name)
    assert not {"pytest", "pandas", "scipy", "numpy", "seaborn", "rich", "filelock"} & modules
    assert {"yaml", "hypothesis", "psutil", "ruptures"} <= modules
    assert "No module named mypy" in minimal("mypy").stdout


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


@pytest.mark.parametrize("command", ["build", "check", "history", "compare"])
def test_reports_of_every_kind_are_made(minimal: Minimal, run: Path, command: str) -> None:
    runs = [str(run)] * (2 if command == "compare" else 1)
    finished = minimal("reports", command, *runs)
    assert "Traceback" not in finished.stdout
    assert finished.returncode == 0, finished.stdout


@pytest.mark.parametrize("name", [one.name for one in FORMATS if one.name != "parquet"])
def test_every_format_but_one_is_exported(minimal: Minimal, run: Path, name: str) -> None:
    file = run.parent / f"exported-{name}"
    finished = minimal("reports", "export", str(run), f"--format={name}", f"--output={file}")
    assert finished.stdout == f"{file}\n"
    assert file.stat().st_size > 100


def test_parquet_is_one_line(minimal: Minimal, run: Path) -> None:
    finished = minimal("reports", "export", str(run), "--format=parquet")
    assert finished.returncode == 2
    (line,) = finished.stdout.splitlines()
    assert "--format parquet needs the package fastparquet, which " in line
    assert line.endswith("install it (pip install fastparquet), or choose --format csv.")


def test_what_is_there_can_be_listed(minimal: Minimal) -> None:
    finished = minimal("bench", "list")
    assert finished.returncode == 0, finished.stdout
    assert "digits" in finished.stdout


def test_data_that_ask_for_scikit_learn_are_one_line(minimal: Minimal) -> None:
    finished = minimal("bench", "prepare", "--plan=quick", *NUMPY_OPTIONS)
    assert finished.returncode == 2
    assert finished.stdout.splitlines()[-1].startswith(
        "bench: The data set 'digits' needs the package scikit-learn, which "
    )
    assert "Traceback" not in finished.stdout


def test_a_framework_without_an_interpreter_is_skipped_with_its_reason(
    minimal: Minimal, tmp_path: Path
) -> None:
    options = ("--frameworks=mxnet", "--models=lenet", "--device=cpu", f"--results={tmp_path}")
    finished = minimal("bench", "verify", *options)
    assert finished.returncode == 1
    words = "MXNet's environment cannot be made: An environment of its own needs the package uv"
    assert f"MXNet will be skipped: {words}, which " in finished.stdout
    assert "name an interpreter with --python." in finished.stdout
    assert "Traceback" not in finished.stdout


def test_the_doctor_says_what_goes_without(minimal: Minimal, tmp_path: Path) -> None:
    file = tmp_path / "doctor.json"
    options = ("--plan=mnist", f"--impls={NUMPY}", "--frameworks=numpy", f"--json={file}")
    minimal("bench", "doctor", *options)
    text = file.read_text()
    for package in OPTIONAL:
        assert f"without {package.name} {package.without}" in text


def test_the_page_names_every_optional_package() -> None:
    page = (ROOT / "docs" / "own-interpreters.md").read_text()
    for package in OPTIONAL:
        assert f"| `{package.name}` | {package.without} |" in page
