"""Records as data frames."""

import math
from collections.abc import Callable
from dataclasses import replace

import pytest

from bench.certificate import Certificate, Defect
from bench.optimizer import Change, Optimizer
from bench.results import Block, Epoch, Record
from reports import frame

MakeRecord = Callable[..., Record]
MakeCertificate = Callable[..., Certificate]


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


def test_an_optimizer_in_columns(record: MakeRecord) -> None:
    adam = Optimizer("adam", 0.001, weight_decay=0.1, changes=(Change(0, 0.1), Change(6, 0.01)))
    row = frame.trials([record(optimizer=adam, model="resnet20-half")]).iloc[0]

    assert row["optimizer"] == "adam"
    assert row["learning_rate_changes"] == "1:0.1, 7:0.01"
    assert (row["weight_decay"], row["momentum"]) == (0.1, 0.0)
    assert (row["beta1"], row["beta2"], row["epsilon"]) == (0.9, 0.999, 1e-8)
    assert row["family"] == "resnet"


def test_a_proof_in_columns(record: MakeRecord, certificate: MakeCertificate) -> None:
    defects = tuple(Defect(name, "float64", "q", 1e-3, 1e-9, 1) for name in ("a", "b", "a"))
    records = [record(certificate=certificate(defects=defects)), record(certificate=None)]
    proved, old = (row for _, row in frame.trials(records).iterrows())

    assert (proved["verdict"], old["verdict"]) == ("verified", "unchecked")
    assert (proved["worst_error_float64"], proved["worst_error_float32"]) == (2.1e-15, 6.2e-7)
    assert proved["known_defects"] == "a; b"
    assert (proved["test_samples"], proved["quantities"]) == (360, 420)
    assert math.isnan(old["worst_error_float64"])


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
    epochs = (Epoch(0.5, 0.6, 0.9, 3.0, 0.2, 1), Epoch(0.4, 0.5, 0.95, 3.0, 0.2, 2))
    found = frame.epochs([record(epochs=epochs)])

    assert found["epoch"].tolist() == [1, 2]
    assert found["test_accuracy"].tolist() == [0.9, 0.95]


def test_machine_key_does_not_depend_on_the_order_of_facts() -> None:
    assert frame.machine_key({"cpu": "a", "kernel": "b"}) == frame.machine_key(
        {"kernel": "b", "cpu": "a"}
    )
    assert frame.machine_key({"cpu": "a"}) != frame.machine_key({"cpu": "b"})


def _memory() -> list[str]:
    return [name for name in frame.TRIAL_COLUMNS if name.endswith("_bytes")]
