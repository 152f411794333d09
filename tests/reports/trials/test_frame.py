"""Records as data frames."""

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd
import pytest
from msgspec import structs

from bench.optimizer import Change, Optimizer
from bench.records.certificate import Certificate, Defect
from bench.records.lines import Reader, encode
from bench.records.parts import Energy, Epoch, Memory, TimedBlock
from bench.records.results import Record
from reports.trials import frame
from reports.trials.columns import BLOCK_COLUMNS, EPOCH_COLUMNS, TRIAL_COLUMNS
from reports.trials.measured import MEMORY

MakeRecord = Callable[..., Record]
MakeCertificate = Callable[..., Certificate]
MakeBlocks = Callable[[float, Sequence[float]], tuple[TimedBlock, ...]]


def test_every_column_is_documented_and_there(three: list[Record]) -> None:
    assert list(frame.build_trials(three).columns) == list(TRIAL_COLUMNS)
    assert list(frame.build_blocks(three).columns) == list(BLOCK_COLUMNS)
    assert list(frame.build_epochs(three).columns) == list(EPOCH_COLUMNS)


def test_no_column_of_finished_trials_is_empty(three: list[Record]) -> None:
    """A column that stays empty has lost its field in the record."""
    full = replace(
        three[0],
        memory=Memory(**dict.fromkeys(MEMORY, 1)),
        reason="x",
        blocks=tuple(structs.replace(block, device_seconds=1.0) for block in three[0].blocks),
        load=structs.replace(
            three[0].load,
            steal_share=0.0,
            throttle_events=0,
            gpu_thermal_seconds=0.0,
            device_other_processes=0.0,
            starting_workers=2,
        ),
        energy=Energy(gpu_joules=2.0, cpu_package_joules=3.0, samples=4.0, seconds=5.0),
    )
    other = replace(full, trial=replace(full.trial, revision="abc"))
    rows = frame.build_trials(
        [
            replace(full, in_turns_with=other.trial.id),
            replace(other, in_turns_with=full.trial.id),
        ]
    )

    assert not rows.isna().any().any()


def test_a_trial_in_base_units(record: MakeRecord) -> None:
    row = frame.build_trials([record()]).iloc[0]

    assert row["test_accuracy"] == 0.97
    assert row["train_loss"] == pytest.approx(0.5 / 3)
    assert row["peak_resident_bytes"] == 300 * 2**20
    assert row["time_to_first_step_seconds"] == pytest.approx(1.5 + 0.25 + 0.5)
    assert row["learning_rate"] == 0.05
    assert row["started"].isoformat() == "2026-03-04T05:06:07+00:00"


def test_an_optimizer_in_columns(record: MakeRecord) -> None:
    adam = Optimizer("adam", 0.001, weight_decay=0.1, changes=(Change(0, 0.1), Change(6, 0.01)))
    row = frame.build_trials([record(optimizer=adam, model="resnet20-half")]).iloc[0]

    assert row["optimizer"] == "adam"
    assert row["learning_rate_changes"] == "1:0.1, 7:0.01"
    assert (row["weight_decay"], row["momentum"]) == (0.1, 0.0)
    assert (row["beta1"], row["beta2"], row["epsilon"]) == (0.9, 0.999, 1e-8)
    assert row["family"] == "resnet"


def test_a_proof_in_columns(record: MakeRecord, certificate: MakeCertificate) -> None:
    defects = tuple(Defect(name, "float64", "q", 1e-3, 1e-9, 1) for name in ("a", "b", "a"))
    records = [record(certificate=certificate(defects=defects)), record(certificate=None)]
    proved, old = (row for _, row in frame.build_trials(records).iterrows())

    assert (proved["verdict"], old["verdict"]) == ("verified", "unchecked")
    assert (proved["worst_error_float64"], proved["worst_error_float32"]) == (2.1e-15, 6.2e-7)
    assert proved["known_defects"] == "a; b"
    assert (proved["test_samples"], proved["quantities"]) == (360, 420)
    assert math.isnan(old["worst_error_float64"])


def test_throughput_leaves_warmup_out_and_training_time_does_not(record: MakeRecord) -> None:
    blocks = (
        TimedBlock(1, 64, 8.0, True),
        TimedBlock(10, 640, 2.0, False),
        TimedBlock(10, 640, 4.0, False),
    )
    row = frame.build_trials([record(blocks=blocks)]).iloc[0]

    assert row["measured_blocks"] == 2
    assert row["throughput_samples_per_second"] == pytest.approx((320 + 160) / 2)
    assert row["training_seconds"] == pytest.approx(14.0)


def test_what_a_trial_did_not_give_is_nan(failure: MakeRecord) -> None:
    row = frame.build_trials([failure()]).iloc[0]

    names = ("test_accuracy", "throughput_samples_per_second", "first_step_seconds")
    assert all(math.isnan(row[name]) for name in (*names, "training_seconds"))
    assert row["measured_blocks"] == 0
    assert row["time_to_first_step_seconds"] != row["time_to_first_step_seconds"]


def test_null_in_a_record_is_nan(record: MakeRecord) -> None:
    """JSON has no NaN: `encode` writes null for it."""
    seconds = {"import": math.nan, "build": 1.0, "first_step": 1.0}
    line = encode(record(seconds=seconds, blocks=(TimedBlock(1, 64, math.nan, False),)))
    assert "null" in line
    row = frame.build_trials([Reader().decode(line)]).iloc[0]

    assert math.isnan(row["import_seconds"])
    assert math.isnan(row["time_to_first_step_seconds"])
    assert math.isnan(row["throughput_samples_per_second"])


def test_blocks_are_long(record: MakeRecord) -> None:
    blocks = frame.build_blocks([record(), record("mxnet")])

    assert len(blocks) == 10
    assert blocks["block"].tolist() == [1, 2, 3, 4, 5] * 2
    assert blocks["record"].tolist() == [0] * 5 + [1] * 5
    by_hand = blocks["samples"] / blocks["seconds"]
    assert blocks["throughput_samples_per_second"].tolist() == pytest.approx(by_hand.tolist())


def test_epochs_are_long(record: MakeRecord) -> None:
    epochs = (Epoch(0.5, 0.6, 0.9, 3.0, 0.2, 1), Epoch(0.4, 0.5, 0.95, 3.0, 0.2, 2))
    found = frame.build_epochs([record(epochs=epochs)])

    assert found["epoch"].tolist() == [1, 2]
    assert found["test_accuracy"].tolist() == [0.9, 0.95]


def test_a_step_under_the_ceilings(record: MakeRecord) -> None:
    """By hand: 6.4e7 operations in 10 ms are 6.4e9 a second, of at most 1e11."""
    blocks = tuple(TimedBlock(10, 640, seconds, False) for seconds in (0.1, 0.1, 0.3))
    row = frame.build_trials([record(blocks=blocks)]).iloc[0]

    assert row["step_seconds"] == pytest.approx(0.01)
    assert row["arithmetic_share"] == pytest.approx(0.064)
    assert row["bandwidth_share"] == pytest.approx(8e6 / 0.01 / 2e10)
    assert row["bound"] == "neither"
    assert row["ceiling_operations_per_second"] == pytest.approx(1e11)


@pytest.mark.parametrize(
    "change",
    [
        {"ceilings": {}},
        {"ceilings": {"products": "x"}},
        {"ceilings": {"products": {}, "copies": {}, "reasons": {}}},
        {"cost": {}},
        {"cost": {"operations": math.nan, "bytes": 1.0}},
        {"blocks": ()},
    ],
)
def test_a_step_without_ceilings_or_cost_has_no_share(
    change: dict[str, Any], record: MakeRecord
) -> None:
    row = frame.build_trials([record(**change)]).iloc[0]

    assert math.isnan(row["arithmetic_share"])
    assert math.isnan(row["bandwidth_share"])
    assert row["bound"] is None


def test_energy_is_by_the_samples_that_it_belongs_to(record: MakeRecord) -> None:
    energy = {"gpu_joules": 30.0, "samples": 600.0, "seconds": 0.1}
    row = frame.build_trials([record(energy=energy)]).iloc[0]

    assert row["gpu_joules_per_sample"] == pytest.approx(0.05)
    assert math.isnan(row["cpu_package_joules_per_sample"])


def test_the_two_clocks_of_a_block(record: MakeRecord) -> None:
    blocks = tuple(
        TimedBlock(10, 640, 1.0, False, device_seconds) for device_seconds in (0.99, 1.05, 0.97)
    )
    assert frame.build_trials([record(blocks=blocks)]).iloc[0]["device_clock_difference"] == (
        pytest.approx(0.03)
    )
    assert math.isnan(frame.build_trials([record()]).iloc[0]["device_clock_difference"])
    assert frame.build_blocks([record(blocks=blocks)])["device_seconds"].tolist() == [
        0.99,
        1.05,
        0.97,
    ]


def test_the_spread_of_blocks(record: MakeRecord, blocks: MakeBlocks) -> None:
    row = frame.build_trials([record(blocks=blocks(1_000, (0.9, 0.95, 1.0, 1.05, 1.1)))]).iloc[0]

    assert row["relative_block_iqr"] == pytest.approx(0.1)


def test_epochs_have_the_number_after_which_they_were_evaluated(record: MakeRecord) -> None:
    epochs = (Epoch(0.5, 0.6, 0.9, 3.0, 0.2, 10), Epoch(0.4, 0.5, 0.95, 3.0, 0.2, 15))

    assert frame.build_epochs([record(epochs=epochs)])["epoch"].tolist() == [10, 15]


def test_tuning_and_fitness_in_words(record: MakeRecord) -> None:
    tuning = {"environment": {"A": "1"}, "knobs": {"xla": True}, "layout": "NHWC"}
    fitness = ({"topic": "noise", "verdict": "note", "detail": "loud"},)
    row = frame.build_trials([record(tuning=tuning, fitness=fitness)]).iloc[0]

    assert row["tuning"] == "A=1, xla=True, layout NHWC"
    assert row["fitness"] == "noise: loud"
    assert "gpu_joules: The trial ran on the CPU." in row["absent"]


def test_processes_make_the_same_table(
    three: list[Record], failure: MakeRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    records = [*three, failure()]
    alone = frame.build_trials(records)
    monkeypatch.setattr(frame, "LEAST_FOR_PROCESSES", 2)

    pd.testing.assert_frame_equal(frame.build_trials(records, processes=True), alone)
