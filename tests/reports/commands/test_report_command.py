"""The command line, in this process and as its own."""

import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from bench.records.results import Record
from reports.__main__ import main

Save = Callable[[Path, Sequence[Record]], Path]
ROOT = Path(__file__).parents[3]


@pytest.fixture
def results(tmp_path: Path, three: list[Record], save: Save) -> Path:
    save(tmp_path / "results" / "quick", three)
    return tmp_path / "results"


def one_line(capsys: pytest.CaptureFixture[str]) -> str:
    """What is on standard error: one line, and nothing on standard output."""
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("reports: ")
    assert captured.err.endswith(".\n")
    assert captured.err.count("\n") == 1
    return captured.err


def test_build_writes_the_report_and_prints_its_path(
    results: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["build", "quick", "--results", str(results)]) == 0

    report = results / "quick" / "report.html"
    assert capsys.readouterr().out == f"{report}\n"
    assert report.read_text(encoding="utf-8").startswith("<!doctype html>")
    assert sorted(path.name for path in report.parent.iterdir()) == ["records.jsonl", "report.html"]


def test_build_takes_the_newest_run_or_a_path(results: Path, tmp_path: Path) -> None:
    assert main(["build", "--results", str(results)]) == 0
    assert main(["build", str(results / "quick"), "--results", str(tmp_path / "none")]) == 0


def test_build_writes_elsewhere_and_json(results: Path, tmp_path: Path) -> None:
    report, tables = tmp_path / "a.html", tmp_path / "a.json"
    arguments = ["build", "--results", str(results), "--output", str(report)]

    assert main([*arguments, "--json", str(tables)]) == 0

    assert report.exists()
    assert not (results / "quick" / "report.html").exists()
    assert json.loads(tables.read_text())["run"] == "quick"


def test_an_unknown_run_is_one_line(results: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["build", "nope", "--results", str(results)]) == 2
    assert "'nope' was not found" in one_line(capsys)


def test_no_results_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["build", "--results", str(tmp_path / "none")]) == 2
    assert "No run was found" in one_line(capsys)


def test_an_empty_run_is_one_line(results: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (results / "quick" / "records.jsonl").write_text("")

    assert main(["build", "quick", "--results", str(results)]) == 2
    assert "hold no trial" in one_line(capsys)


def test_records_that_are_a_folder_are_one_line(
    results: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (results / "odd" / "records.jsonl").mkdir(parents=True)

    assert main(["build", "odd", "--results", str(results)]) == 2
    assert "cannot be read" in one_line(capsys)


@pytest.mark.parametrize("place", ["none/report.html", "quick"])
def test_a_report_that_cannot_be_written_is_one_line(
    place: str, results: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = results / place

    assert main(["build", "--results", str(results), "--output", str(output)]) == 2

    assert "cannot be written" in one_line(capsys)
    assert sorted(path.name for path in results.rglob("*")) == ["quick", "records.jsonl"]


def test_a_string_that_no_encoding_has_is_no_error(results: Path) -> None:
    path = results / "quick" / "records.jsonl"
    path.write_text(path.read_text().replace("Debian", r"\ud800Debian"))
    tables = results / "quick.json"

    assert main(["build", "--results", str(results), "--json", str(tables)]) == 0


def test_help_and_errors_as_a_process(results: Path) -> None:
    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "reports", *arguments]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    shown = run("build", "--help")
    failed = run("build", "nope", "--results", str(results))

    assert shown.returncode == 0
    assert "the newest" in shown.stdout
    assert failed.returncode == 2
    assert failed.stdout == ""
    assert failed.stderr.startswith("reports: Run 'nope'")
    assert "Traceback" not in failed.stderr


@pytest.mark.parametrize(
    "arguments",
    [["x" * 300], ["quick", "--output", "x" * 300]],
    ids=["run", "output"],
)
def test_a_name_that_no_file_can_have_is_one_line(
    results: Path, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    assert main(["build", *arguments, "--results", str(results)]) == 2
    one_line(capsys)


def test_results_that_are_a_file_are_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "results").touch()
    assert main(["build", "--results", str(tmp_path / "results")]) == 2
    assert "is a file" in one_line(capsys)


@pytest.mark.parametrize(
    "command",
    [
        ["build", "quick"],
        ["check", "quick"],
        ["history"],
        ["export", "quick", "--format", "csv"],
        ["compare", "quick", "quick"],
        ["compare", "quick", "quick", "--json", "-"],
    ],
)
def test_a_full_standard_output_is_one_line(results: Path, command: list[str]) -> None:
    with Path("/dev/full").open("w") as full:
        finished = subprocess.run(
            [sys.executable, "-m", "reports", *command, "--results", str(results)],
            cwd=ROOT,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert finished.returncode == 2
    assert "Standard output cannot be written (No space left on device)" in finished.stderr
    assert "Traceback" not in finished.stderr
