"""Records from files, with what the report of their run says of them."""

from collections.abc import Callable
from pathlib import Path

import pytest

import reports
from bench.errors import ResultsError
from bench.records.results import Record
from reports.runs import loading

MakeRecord = Callable[..., Record]
Save = Callable[[Path, list[Record]], Path]


def test_load_is_what_the_package_offers() -> None:
    assert reports.load is loading.load


def test_every_column_is_documented_and_there(
    tmp_path: Path, three: list[Record], save: Save
) -> None:
    save(tmp_path / "quick", three)

    assert list(loading.load(tmp_path).columns) == list(loading.COLUMNS)


@pytest.mark.parametrize("place", ["", "quick", "quick/records.jsonl"])
def test_load_takes_results_a_run_or_a_file(
    place: str, tmp_path: Path, three: list[Record], save: Save
) -> None:
    save(tmp_path / "quick", three)

    loaded = loading.load(tmp_path / place)

    assert loaded["framework"].tolist() == ["pytorch", "tensorflow", "mxnet"]


def test_load_joins_the_runs_of_a_results_folder(
    tmp_path: Path, record: MakeRecord, save: Save
) -> None:
    save(tmp_path / "a", [record(run="a")])
    save(tmp_path / "b", [record(run="b")])

    loaded = loading.load(tmp_path)

    assert loaded["run"].tolist() == ["a", "b"]
    assert loaded["record"].is_unique


def test_load_warns_of_a_torn_line(tmp_path: Path, three: list[Record], save: Save) -> None:
    path = save(tmp_path / "quick", three) / "records.jsonl"
    path.write_text(path.read_text()[:-100])

    with pytest.warns(UserWarning, match="line 3 was left out"):
        loaded = loading.load(path)

    assert len(loaded) == 2


def test_load_of_nothing_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ResultsError, match=r"No records were found.*run `tox -e bench`"):
        loading.load(tmp_path)


def test_trials_say_whether_their_row_is_ranked(
    tmp_path: Path, record: MakeRecord, save: Save
) -> None:
    records = [record(), record("mxnet", certificate=None), record("tensorflow")]
    save(tmp_path / "quick", records)

    loaded = reports.load(tmp_path)

    assert loaded["ranked"].tolist() == [True, False, True]
    assert loaded["unranked_reason"].tolist()[1] == "not verified: the record has no certificate"
    assert loaded["unranked_reason"].isna().tolist() == [True, False, True]


def test_runs_are_judged_apart(
    tmp_path: Path, record: MakeRecord, epochs: Callable[[list[float]], object], save: Save
) -> None:
    """Two runs of the same work may disagree: their peers are those of the same run."""
    save(tmp_path / "a", [record(), record("mxnet")])
    low = epochs([0.5])
    save(tmp_path / "b", [record(epochs=low), record("mxnet", epochs=low)])

    assert loading.load(tmp_path)["ranked"].all()


def test_a_trial_that_is_there_twice_has_two_rows(
    tmp_path: Path, record: MakeRecord, save: Save
) -> None:
    save(tmp_path / "quick", [record(), record(), record("mxnet")])

    assert loading.load(tmp_path)["ranked"].tolist() == [True] * 3
