import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bench.errors import ResultsError
from bench.host.store import create_run
from bench.results import encode, read_records
from tests.bench.test_results import RECORD
from tests.conftest import ROOT


def at_noon() -> datetime:
    return datetime(2026, 1, 2, 12, tzinfo=UTC)


def test_records_are_appended_one_a_line(tmp_path: Path) -> None:
    run = create_run(tmp_path / "results", "quick", at_noon)
    second = replace(RECORD, status="failed", reason="line one\nline two")
    run.append(RECORD)
    run.append(second)
    assert run.records_file.read_text().count("\n") == 2
    assert read_records(run.records_file) == ([RECORD, second], [])


def test_two_runs_of_one_second_have_two_folders(tmp_path: Path) -> None:
    names = [create_run(tmp_path, "quick", at_noon).name for _ in range(3)]
    assert names == [f"20260102T120000Z-quick{end}" for end in ("", "-2", "-3")]


def test_a_results_folder_that_is_a_file_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "results").touch()
    with pytest.raises(ResultsError, match=r"cannot be written .*--results"):
        create_run(tmp_path / "results", "quick")


def test_a_folder_that_went_away_is_one_line(tmp_path: Path) -> None:
    run = create_run(tmp_path, "quick")
    run.log_file("x").parent.rmdir()
    run.folder.rmdir()
    with pytest.raises(ResultsError, match="cannot be written"):
        run.append(RECORD)


FILL_UP = """
import resource, signal, sys
from pathlib import Path
from bench.errors import ResultsError
from bench.host.store import Run
from bench.results import decode

line, file = sys.stdin.read(), Path(sys.argv[1])
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
# The file may hold two records and a half: write() fails as on a full disk.
limit = int(2.5 * len(line))
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
run = Run("r", file.parent)
for number in range(5):
    try:
        run.append(decode(line))
    except ResultsError as error:
        print(number, error)
        break
"""


def test_a_disk_that_fills_up_keeps_whole_records(tmp_path: Path) -> None:
    run = create_run(tmp_path, "quick")
    finished = subprocess.run(
        [sys.executable, "-c", FILL_UP, str(run.records_file)],
        cwd=ROOT,
        input=encode(RECORD),
        capture_output=True,
        text=True,
        check=True,
    )
    assert finished.stdout.startswith("2 The results folder")
    assert "cannot be written (File too large)" in finished.stdout
    assert read_records(run.records_file) == ([RECORD, RECORD], [])
