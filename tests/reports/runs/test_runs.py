"""Finding and reading runs."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from bench.errors import ResultsError
from bench.records.results import Record
from reports.runs import folders
from reports.runs.loading import read_runs

Save = Callable[[Path, list[Record]], Path]


@pytest.fixture
def results(tmp_path: Path, three: list[Record], save: Save) -> Path:
    """Two runs, of which `b` has the older records, and a folder that is none."""
    folder = tmp_path / "results"
    for name, age in (("a", 2_000), ("b", 1_000)):
        path = save(folder / name, three) / "records.jsonl"
        os.utime(path, (age, age))
    (folder / "logs").mkdir()
    return folder


def test_the_newest_run_has_the_newest_records(results: Path) -> None:
    assert folders.list_names(results) == ["b", "a"]
    assert folders.find_folder(None, results) == results / "a"


def test_runs_of_one_age_are_in_order_of_their_names(results: Path) -> None:
    for name in "ab":
        os.utime(results / name / "records.jsonl", (5, 5))

    assert folders.find_folder(None, results) == results / "b"


def test_a_run_is_found_by_name_or_path(results: Path, tmp_path: Path) -> None:
    assert folders.find_folder("b", results) == results / "b"
    assert folders.find_folder(str(results / "b"), tmp_path) == results / "b"


def test_an_unknown_run_lists_those_there_are(results: Path) -> None:
    with pytest.raises(ResultsError, match=r"'c' was not found.*there: 'b', 'a'"):
        folders.find_folder("c", results)


def test_no_run_at_all_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(ResultsError, match="run `tox -e bench` to make one"):
        folders.find_folder(None, tmp_path)


def test_a_run_is_named_after_its_folder(results: Path) -> None:
    run = read_runs(results / "a")

    assert (run.name, len(run.records), run.problems) == ("a", 3, ())


def test_an_empty_file_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "records.jsonl").touch()

    with pytest.raises(ResultsError, match="hold no trial"):
        read_runs(tmp_path)


def test_a_file_of_unreadable_lines_is_an_error_that_shows_one(tmp_path: Path) -> None:
    (tmp_path / "records.jsonl").write_text("{\n")

    with pytest.raises(ResultsError, match="line 1 was left out"):
        read_runs(tmp_path)
