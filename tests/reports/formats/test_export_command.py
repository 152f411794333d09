"""`python -m reports export`, in this process and as its own."""

import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from bench.records.results import Record
from reports.__main__ import main
from reports.formats.registry import FORMATS
from tests.conftest import ROOT

MakeRecord = Callable[..., Record]
Save = Callable[[Path, Sequence[Record]], Path]

NAMES = [one.name for one in FORMATS]


@pytest.fixture
def run(tmp_path: Path, three: list[Record], save: Save) -> Path:
    return save(tmp_path / "results" / "quick", three)


def process(*arguments: str, **options: object) -> "subprocess.CompletedProcess[bytes]":
    command = [sys.executable, "-m", "reports", "export", *arguments]
    return subprocess.run(command, cwd=ROOT, check=False, **options)  # type: ignore[call-overload,no-any-return]


@pytest.mark.parametrize("name", NAMES)
def test_every_format_goes_to_a_file(
    name: str, run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "exported"

    assert main(["export", str(run), "--format", name, "--output", str(file)]) == 0

    assert capsys.readouterr().out == f"{file}\n"
    assert file.stat().st_size > 0
    assert sorted(path.name for path in run.iterdir()) == ["records.jsonl"]


@pytest.mark.parametrize("name", NAMES)
def test_a_run_without_a_finished_trial(
    name: str, tmp_path: Path, failure: MakeRecord, save: Save
) -> None:
    folder = save(tmp_path / "run", [failure()])
    file = tmp_path / "exported"

    status = main(["export", str(folder), "--format", name, "--output", str(file)])

    # The action that reads these two refuses an empty list.
    refused = name in ("github-bigger", "github-smaller")
    assert status == (2 if refused else 0)
    assert file.exists() != refused


@pytest.mark.parametrize("name", NAMES)
def test_an_empty_run_is_one_line(
    name: str, tmp_path: Path, save: Save, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["export", str(save(tmp_path / "run", [])), "--format", name]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    assert "hold no trial" in captured.err


def test_the_newest_run_is_the_default(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", "--results", str(run.parent), "--format", "csv"]) == 0
    assert capsys.readouterr().out.startswith("record,run,trial,")


def test_parquet_of_several_runs_lies_in_the_results_folder(
    run: Path, three: list[Record], save: Save, capsys: pytest.CaptureFixture[str]
) -> None:
    save(run.parent / "other", three)
    arguments = ["export", "quick", "other", "--results", str(run.parent), "--format", "parquet"]

    assert main(arguments) == 0
    assert capsys.readouterr().out == f"{run.parent / 'trials.parquet'}\n"


def test_a_format_that_is_not_there_is_one_line(
    run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["export", str(run), "--format", "yaml"]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == (
        "reports: --format 'yaml' is not known; expected one of "
        f"{', '.join(NAMES)}; name one of those.\n"
    )


def test_a_line_that_is_left_out_is_told_beside_the_file(
    run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with (run / "records.jsonl").open("a") as file:
        file.write("torn")

    assert main(["export", str(run), "--format", "csv"]) == 0
    captured = capsys.readouterr()
    assert captured.err.startswith("reports: records.jsonl, line 4 was left out")
    assert captured.out.count("\n") == 4


def test_standard_output_is_utf_8_whatever_its_encoding(
    tmp_path: Path, invocations: Callable[..., list[Record]], save: Save
) -> None:
    run = save(tmp_path / "run", invocations("pytorch", (1000.0, 1100.0)))
    found = process(
        *(str(run), "--format", "github-bigger"),
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
        capture_output=True,
    )

    assert found.returncode == 0
    assert "\N{PLUS-MINUS SIGN} 50" in found.stdout.decode("utf-8")


def test_a_reader_that_is_gone_is_one_line(run: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    try:
        found = process(*(str(run), "--format", "csv"), stdout=writer, stderr=subprocess.PIPE)
    finally:
        os.close(writer)

    assert found.returncode == 2
    assert found.stderr.startswith(b"reports: Standard output cannot be written (Broken pipe)")
    assert found.stderr.count(b"\n") == 1


def test_every_format_has_its_place_in_the_documentation() -> None:
    text = (ROOT / "docs" / "reference" / "formats.md").read_text(encoding="utf-8")

    for name in NAMES:
        assert f"`{name}`" in text
