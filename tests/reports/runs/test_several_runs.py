"""A report of several runs, and what must never be mixed in silence."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from bench.errors import ResultsError
from bench.records.results import Record
from reports.content.doubts import find_doubts
from reports.page.report import render
from reports.ranking.comparisons import compare
from reports.runs.folders import find_folders, list_folders
from reports.runs.loading import read_runs

MakeRecord = Callable[..., Record]
Save = Callable[[Path, Sequence[Record]], Path]


def test_invocations_of_one_work_are_joined(tmp_path: Path, record: MakeRecord, save: Save) -> None:
    both = [save(tmp_path / name, [record(run=name), record("mxnet", run=name)]) for name in "ab"]
    run = read_runs(*both)

    assert run.title == "2 runs"
    assert run.runs == ("a", "b")
    (comparison,) = compare(run.records)
    assert [len(row.finished) for row in comparison.rows] == [2, 2]
    assert find_doubts(comparison) == ()
    html = render(run)
    assert "<h1>2 runs</h1>" in html
    assert "All numbers are from 2 runs on one machine" in html


def test_rows_of_different_runs_are_doubtful(record: MakeRecord) -> None:
    (comparison,) = compare([record(run="a"), record("mxnet", run="b")])
    (doubt,) = find_doubts(comparison)

    assert doubt.topic == "different runs"
    assert "PyTorch 2.13.0, eager, default: a; MXNet 1.9.1, eager, default: b" in doubt.sentence


def test_another_commit_is_another_row(record: MakeRecord) -> None:
    (comparison,) = compare([record(commit="a" * 40), record(commit="b" * 40), record(commit=None)])

    assert {row.label for row in comparison.rows} == {
        f"PyTorch 2.13.0 at {'a' * 12}, eager, default",
        f"PyTorch 2.13.0 at {'b' * 12}, eager, default",
        "PyTorch 2.13.0 at an unknown commit, eager, default",
    }


def test_another_machine_is_another_section(record: MakeRecord) -> None:
    found = compare([record(run="a"), record(run="b", machine={"cpu": "Other"})])

    assert len(found) == 2
    assert found[0].title.endswith("machine 1")


def test_an_empty_run_among_others_is_named(tmp_path: Path, record: MakeRecord, save: Save) -> None:
    whole, empty = save(tmp_path / "whole", [record()]), save(tmp_path / "empty", [])
    run = read_runs(whole, empty)

    assert len(run.records) == 1
    (line,) = run.problems
    assert line.startswith("empty: ")
    assert "hold no trial" in line


def test_only_empty_runs_are_an_error(tmp_path: Path, save: Save) -> None:
    with pytest.raises(ResultsError, match="hold no trial"):
        read_runs(save(tmp_path / "a", []), save(tmp_path / "b", []))


def test_a_run_that_is_named_twice_is_read_once(
    tmp_path: Path, record: MakeRecord, save: Save
) -> None:
    save(tmp_path / "a", [record(run="a")])

    assert find_folders(["a", str(tmp_path / "a")], tmp_path) == [tmp_path / "a"]
    assert list_folders(tmp_path) == [tmp_path / "a"]


def test_a_copied_run_counts_once(tmp_path: Path, record: MakeRecord, save: Save) -> None:
    run = read_runs(save(tmp_path / "a", [record()]), save(tmp_path / "copy", [record()]))

    assert len(run.records) == 1
    assert "is there 2 times" in run.problems[0]
