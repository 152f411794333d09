"""Records as data frames."""

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

import reports
from bench.errors import ResultsError
from bench.results import Block, Epoch, Record
from reports import frame

MakeRecord = Callable[..., Record]
Save = Callable[[Path, list[Record]], Path]


def test_load_is_what_the_package_offers() -> None:
    assert reports.load is frame.load


def test_every_column_is_documented_and_there(three: list[Record]) -> None:
    assert list(frame.trials(three).columns) == list(frame.TRIAL_COLUMNS)
    assert list(frame.blocks(three).columns) == list(frame.BLOCK_COLUMNS)
    assert list(frame.epochs(three).columns) == list(frame.EPOCH_COLUMNS)


def test_no_column_of_finished_trials_is_empty(three: list[Record]) -> None:
    """A column that stays empty has lost its field in the record."""
    row = frame.trials([replace(three[0], memory=dict.fromkeys(_memory(), 1), reason="x")])

    assert not row.isna().any().any()


def test_a_trial_in_base_units(record: MakeRecord) -> None:
    row = frame.trials([record()]).iloc[0]

    assert row["test_accuracy"] == 0.97
    assert row["train_loss"] == pytest.approx(0.5 / 3)
    assert row["peak_resident_bytes"] == 300 * 2**20
    assert row["time_to_first_step_seconds"] == pytest.approx(1.5 + 0.25 + 0.5)
    assert row["learning_rate"] == 0.05
    assert row["started"].isoformat() == "2026-03-04T05:06:07+00:00"


def test_throughput_leaves_warmup_out_and_training_time_does_not(record: MakeRecord) -> None:
    blocks = (Block(1, 64, 8.0, True), Block(10, 640, 2.0, False), Block(10, 640, 4.0, False))
    row = frame.trials([record(blocks=blocks)]).iloc[0]

    assert row["measured_blocks"] == 2
    assert row["throughput_samples_per_second"] == pytest.approx((320 + 160) / 2)
    assert row["training_seconds"] == pytest.approx(14.0)


def test_what_a_trial_did_not_give_is_nan(failure: MakeRecord) -> None:
    row = frame.trials([failure()]).iloc[0]

    names = ("test_accuracy", "throughput_samples_per_second", "first_step_seconds")
    assert all(math.isnan(row[name]) for name in (*names, "training_seconds"))
    assert row["measured_blocks"] == 0
    assert row["time_to_first_step_seconds"] != row["time_to_first_step_seconds"]


def test_null_in_a_record_is_nan(record: MakeRecord) -> None:
    """JSON has no NaN: `encode` writes null for it."""
    seconds = {"import": None, "build": 1.0, "first_step": 1.0}
    blocks = (Block(1, 64, None, False),)  # type: ignore[arg-type]
    row = frame.trials([record(seconds=seconds, blocks=blocks)]).iloc[0]

    assert math.isnan(row["import_seconds"])
    assert math.isnan(row["time_to_first_step_seconds"])
    assert math.isnan(row["throughput_samples_per_second"])


def test_blocks_are_long(record: MakeRecord) -> None:
    blocks = frame.blocks([record(), record("mxnet")])

    assert len(blocks) == 10
    assert blocks["block"].tolist() == [1, 2, 3, 4, 5] * 2
    assert blocks["record"].tolist() == [0] * 5 + [1] * 5
    by_hand = blocks["samples"] / blocks["seconds"]
    assert blocks["throughput_samples_per_second"].tolist() == pytest.approx(by_hand.tolist())


def test_epochs_are_long(record: MakeRecord) -> None:
    epochs = (Epoch(0.5, 0.6, 0.9, 3.0, 0.2), Epoch(0.4, 0.5, 0.95, 3.0, 0.2))
    found = frame.epochs([record(epochs=epochs)])

    assert found["epoch"].tolist() == [1, 2]
    assert found["test_accuracy"].tolist() == [0.9, 0.95]


@pytest.mark.parametrize("place", ["", "quick", "quick/records.jsonl"])
def test_load_takes_results_a_run_or_a_file(
    place: str, tmp_path: Path, three: list[Record], save: Save
) -> None:
    save(tmp_path / "quick", three)

    loaded = frame.load(tmp_path / place)

    assert loaded["framework"].tolist() == ["pytorch", "tensorflow", "mxnet"]


def test_load_joins_the_runs_of_a_results_folder(
    tmp_path: Path, record: MakeRecord, save: Save
) -> None:
    save(tmp_path / "a", [record(run="a")])
    save(tmp_path / "b", [record(run="b")])

    loaded = frame.load(tmp_path)

    assert loaded["run"].tolist() == ["a", "b"]
    assert loaded["record"].is_unique


def test_load_warns_of_a_torn_line(tmp_path: Path, three: list[Record], save: Save) -> None:
    path = save(tmp_path / "quick", three) / "records.jsonl"
    path.write_text(path.read_text()[:-100])

    with pytest.warns(UserWarning, match="line 3 was left out"):
        loaded = frame.load(path)

    assert len(loaded) == 2


def test_load_of_nothing_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ResultsError, match=r"No records were found.*run `tox -e bench`"):
        frame.load(tmp_path)


def test_machine_key_does_not_depend_on_the_order_of_facts() -> None:
    assert frame.machine_key({"cpu": "a", "kernel": "b"}) == frame.machine_key(
        {"kernel": "b", "cpu": "a"}
    )
    assert frame.machine_key({"cpu": "a"}) != frame.machine_key({"cpu": "b"})


def _memory() -> list[str]:
    return [name for name in frame.TRIAL_COLUMNS if name.endswith("_bytes")]
