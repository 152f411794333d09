"""The tables, recomputed from the records in another way."""

import math
import statistics
from collections.abc import Callable, Sequence

import pandas as pd
import pytest

from bench.results import Block, Epoch, Record
from reports.comparisons import compare
from reports.environments import main_versions, packages, variables
from reports.tables import comparison_numbers, comparison_text, failures
from reports.units import ABSENT

MakeRecord = Callable[..., Record]
MakeBlocks = Callable[[float, Sequence[float]], tuple[Block, ...]]
MakeEpochs = Callable[[Sequence[float]], tuple[Epoch, ...]]


def numbers(records: Sequence[Record]) -> pd.DataFrame:
    (comparison,) = compare(records)
    return comparison_numbers(comparison)


def text(records: Sequence[Record]) -> pd.DataFrame:
    return comparison_text(numbers(records))


def test_throughput_by_hand(three: list[Record]) -> None:
    table = numbers(three)

    for row, record in zip(table.itertuples(), three, strict=True):
        speeds = [block.samples / block.seconds for block in record.blocks if not block.warmup]
        quarters = statistics.quantiles(speeds, method="inclusive")
        shown = (
            row.throughput_p25_samples_per_second,
            row.throughput_samples_per_second,
            row.throughput_p75_samples_per_second,
        )
        assert shown == pytest.approx(quarters)
    assert table["ratio_to_fastest"].tolist() == pytest.approx([1.0, 0.45, 0.41])
    assert table["measured_blocks"].tolist() == [5, 5, 5]


def test_blocks_of_repeats_are_pooled(record: MakeRecord, blocks: MakeBlocks) -> None:
    first, second = blocks(1_000, (1, 2, 3)), blocks(1_000, (4, 5))
    row = numbers([record(blocks=first), record(repeat=2, blocks=second)]).iloc[0]

    assert row["measured_blocks"] == 5
    assert row["trials_ok"] == 2
    assert row["throughput_samples_per_second"] == pytest.approx(3_000)
    assert row["throughput_lowest_trial_samples_per_second"] == pytest.approx(2_000)
    assert row["throughput_highest_trial_samples_per_second"] == pytest.approx(4_500)


def test_accuracy_of_repeats_is_the_median_with_the_extremes(
    record: MakeRecord, epochs: MakeEpochs
) -> None:
    ends = (0.97, 0.91, 0.95)
    records = [record(seed=seed, epochs=epochs((0.5, end))) for seed, end in enumerate(ends)]

    assert text(records)["Test accuracy, %"].tolist() == ["95.00 (91.00\u201397.00)"]


def test_times_and_memory_are_scaled_for_people(record: MakeRecord) -> None:
    row = text([record()]).iloc[0]

    assert row["Time to first step\u00a0(s)"] == "2.25"
    assert row["Import\u00a0(s)"] == "1.50"
    assert row["Peak resident (MiB)"] == "300"
    training = sum(block.seconds for block in record().blocks)
    assert float(row["Training\u00a0(s)"]) == pytest.approx(training, abs=0.005)


def test_allocator_columns_are_there_where_a_framework_reports_them(record: MakeRecord) -> None:
    memory = {"peak_resident_bytes": 2**20, "allocator_peak_bytes": 5 * 2**20}
    with_gpu = text([record(memory=memory), record("mxnet")])

    assert with_gpu["GPU allocator peak (MiB)"].tolist() == ["5", ABSENT]
    assert "GPU allocator reserved (MiB)" not in with_gpu
    assert "GPU allocator peak (MiB)" not in text([record()])


def test_between_trials_is_shown_only_where_trials_are_repeated(record: MakeRecord) -> None:
    title = "Trial medians, lowest\u2013highest"

    assert title not in text([record(), record("mxnet")])
    assert title in text([record(), record(repeat=2)])


def test_a_failure_is_a_row_of_dashes_with_its_outcome(
    record: MakeRecord, failure: MakeRecord
) -> None:
    row = text([record(), failure()]).loc["MXNet, eager, default"]

    assert row["Trials"] == "1 skipped"
    assert row["Samples/s, median"] == ABSENT
    assert row["Ratio to fastest"] == ABSENT


def test_a_row_that_is_not_ranked_has_no_ratio_and_stands_below(
    three: list[Record], record: MakeRecord, blocks: MakeBlocks
) -> None:
    fast = record("jax", certificate=None, blocks=blocks(90_000, (1, 1)))
    table = numbers([fast, *three])
    shown = comparison_text(table)

    assert table["framework"].tolist() == ["pytorch", "tensorflow", "mxnet", "jax"]
    assert table["ranked"].tolist() == [True, True, True, False]
    assert table["ratio_to_fastest"].tolist()[:3] == pytest.approx([1.0, 0.45, 0.41])
    assert math.isnan(table["ratio_to_fastest"].tolist()[3])
    assert shown.index[3] == "JAX 0.1, eager, default (not ranked)"
    assert shown["Samples/s, median"].tolist()[3] == "90,000"
    assert shown["Proof"].tolist() == ["verified, 2e-15"] * 3 + ["not verified"]


def test_a_single_ranked_row_is_a_multiple_of_nothing(record: MakeRecord) -> None:
    assert text([record(), record("mxnet", certificate=None)])["Ratio to fastest"].tolist() == [
        ABSENT,
        ABSENT,
    ]


def test_a_run_of_failures_has_no_ratio(failure: MakeRecord) -> None:
    table = numbers([failure("mxnet"), failure("pytorch")])

    assert all(math.isnan(value) for value in table["ratio_to_fastest"])


def test_failures_have_a_reason_even_where_none_was_recorded(
    record: MakeRecord, failure: MakeRecord
) -> None:
    table = failures([record(), failure(status="timeout"), failure("jax", reason=None)])

    assert table["Status"].tolist() == ["timeout", "skipped"]
    assert table["Reason"].tolist()[1] == "none was recorded"
    assert table.index[0].startswith("lenet-digits-mxnet-eager")


def test_versions_of_environments(three: list[Record], failure: MakeRecord) -> None:
    found = packages([*three, three[0], failure("jax")])
    table = main_versions(found)

    assert list(table.index) == ["PyTorch 2.13.0", "TensorFlow 2.21.0", "MXNet 1.9.1"]
    assert table["tensorflow"].tolist() == [ABSENT, "2.21.0", ABSENT]


def test_an_environment_that_changed_within_a_run_is_shown_twice(record: MakeRecord) -> None:
    found = packages([record(), record(versions={"python": "3.12.1"})])

    assert list(found) == ["PyTorch 2.13.0", "PyTorch 2.13.0 (environment 2)"]


def test_environment_variables_are_listed_once_a_row(record: MakeRecord) -> None:
    table = variables(compare([record(), record(repeat=2), record("mxnet", environment={})]))

    assert table["Environment variables"].tolist() == ["OMP_NUM_THREADS=2", "none"]
