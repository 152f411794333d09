"""The command that watches what this project costs, with commands that cost nothing."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bench.errors import PlanError
from tests.conftest import ROOT
from tests.cost.checkouts import Checkout, check_out
from tests.cost.commands import run_commands
from tests.cost.jobs import JOBS, Result, choose_jobs, measure_bench, measure_tests, measure_verify
from tests.cost.table import to_document, to_rows

TOX = """
[testenv:bench]
commands =
    python -c "print('test accuracy'); print('cached')" {posargs}

[testenv:verify]
commands =
    python -c "x = bytearray(100_000_000); import time; time.sleep(0.5)" {posargs}

[testenv:tests]
commands =
    python -c "print('linted')"
    python -c "import sys; sys.exit('2 tests failed')" {posargs}
    python -c "print('never')"
"""


def make_checkout(folder: Path, revision: str = "HEAD") -> Checkout:
    environment = folder / "environment" / "bin"
    environment.mkdir(parents=True)
    (environment / "python").symlink_to(sys.executable)
    (folder / "tox.ini").write_text(TOX)
    return Checkout(revision, "0123456789abcdef", folder, folder / "environment")


def test_the_commands_are_those_of_its_own_tox(tmp_path: Path) -> None:
    checkout = make_checkout(tmp_path)
    (command,) = checkout.list_commands("verify", ["--fresh", "--models=x y"])
    assert command[-2:] == ["--fresh", "--models=x y"]
    own = Checkout("HEAD", "0", ROOT, tmp_path)
    assert own.list_commands("bench", [])[0][:3] == ["python", "-m", "pytest"]
    assert len(own.list_commands("tests", [])) == 4


def test_a_page_is_measured_with_nothing_verified_and_once_more(
    tmp_path: Path, cache: Path
) -> None:
    results = measure_bench(make_checkout(tmp_path / "x"), tmp_path)
    assert [result.unit for result in results] == ["s"] * 3
    page, line, again = (result.value for result in results)
    assert page is not None
    assert line is not None
    assert again is not None
    assert 0 < line <= page


def test_memory_is_that_of_all_processes(tmp_path: Path, cache: Path) -> None:
    *_, memory = measure_verify(make_checkout(tmp_path), tmp_path)
    assert memory.value is not None
    assert 95 < memory.value < 200


def test_a_command_that_fails_gives_its_reason_and_no_figure(tmp_path: Path) -> None:
    (result,) = measure_tests(make_checkout(tmp_path), tmp_path)
    assert result.value is None
    assert result.failure is not None
    assert "2 tests failed" in result.failure


def test_no_sign_is_no_time(tmp_path: Path) -> None:
    taken = run_commands([[sys.executable, "-c", "print(1)"]], tmp_path, os.environ, "accuracy")
    assert (taken.sign_seconds, taken.failure) == (None, None)


def test_ratios_are_of_medians_with_the_range_of_runs(tmp_path: Path) -> None:
    checkouts = [Checkout(name, name * 9, tmp_path, tmp_path) for name in ("new", "old")]
    values = {"new": [1.0, 2.0, 3.0], "old": [4.0, 4.0, 4.0]}
    results = [
        Result(name, "tests", "s", value, None) for name, own in values.items() for value in own
    ]
    (row,) = to_rows(results, checkouts)
    assert list(row.values()) == [
        "tests (s)",
        "2.0 (1.0 to 3.0)",
        "4.0 (4.0 to 4.0)",
        "0.50 (0.25 to 0.75)",
        "",
    ]
    assert len(to_document(results, checkouts)["results"]) == 6


def test_a_run_that_failed_has_no_part_in_a_ratio(tmp_path: Path) -> None:
    checkouts = [Checkout(name, name * 9, tmp_path, tmp_path) for name in ("new", "old")]
    results = [
        Result("new", "tests", "s", None, "It broke."),
        Result("old", "tests", "s", 4.0, None),
    ]
    (row,) = to_rows(results, checkouts)
    assert list(row.values())[1:] == ["unknown", "4.0", "unknown", "It broke."]


@pytest.mark.parametrize(
    ("names", "runs", "words"),
    [("bench,page", 1, "no 'page'"), ("bench", 0, "--runs is 0"), ("bench,", 1, "separated")],
)
def test_what_cannot_be_is_one_line(names: str, runs: int, words: str) -> None:
    with pytest.raises(PlanError, match=words):
        choose_jobs(names, runs)
    assert [job.name for job in choose_jobs("tests,bench", 1)] == ["tests", "bench"]
    assert set(JOBS) == {"bench", "verify", "tests"}


def test_a_revision_that_is_none_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(PlanError, match="no commit 'nowhere'"):
        check_out("nowhere", tmp_path / "x", lambda line: None)


def test_a_wrong_name_ends_the_command_with_2() -> None:
    command = [sys.executable, "-m", "tests.cost", "--only=pages"]
    finished = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert finished.returncode == 2
    assert finished.stderr.startswith("cost: --only: there is no 'pages'")
    assert len(finished.stderr.splitlines()) == 1
