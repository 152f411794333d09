"""What may be compared with what."""

from collections.abc import Callable

import pytest

from bench.optimizer import Optimizer
from bench.results import Record
from reports.comparisons import compare

MakeRecord = Callable[..., Record]


def test_trials_of_the_same_work_are_one_comparison(three: list[Record]) -> None:
    (comparison,) = compare(three)

    assert comparison.title == "LeNet on digits, batch size 64, CPU, IEEE float32"
    assert [row.label for row in comparison.rows] == [
        "PyTorch 2.13.0, eager, default",
        "TensorFlow 2.21.0, eager, default",
        "MXNet 1.9.1, eager, default",
    ]


@pytest.mark.parametrize(
    "change",
    [
        {"model": "alexnet"},
        {"dataset": "mnist"},
        {"device": "cuda"},
        {"batch_size": 128},
        {"precision": "tf32"},
        {"optimizer": Optimizer("sgd", 0.1, 0.9)},
        {"threads": 8},
        {"machine": {"cpu": "Another CPU"}},
    ],
)
def test_other_work_is_another_comparison(change: dict[str, object], record: MakeRecord) -> None:
    comparisons = compare([record(), record("mxnet", **change)])

    assert len(comparisons) == 2
    assert all(len(comparison.rows) == 1 for comparison in comparisons)
    titles = {comparison.title for comparison in comparisons}
    assert len(titles) == 2, "each comparison can be told from the others by its title"


def test_seeds_and_repeats_share_a_row(record: MakeRecord) -> None:
    (comparison,) = compare([record(seed=1), record(seed=2), record(repeat=2)])

    (row,) = comparison.rows
    assert len(row.finished) == 3
    assert row.throughput.count == 15


@pytest.mark.parametrize(
    "change", [{"mode": "compiled"}, {"settings": "tuned"}, {"framework_version": "2.14.0"}]
)
def test_another_mode_setting_or_version_is_another_row(
    change: dict[str, str], record: MakeRecord
) -> None:
    (comparison,) = compare([record(), record(**change)])

    assert len(comparison.rows) == 2


def test_the_fastest_row_is_first_and_failures_are_last(
    three: list[Record], record: MakeRecord, failure: MakeRecord
) -> None:
    no_blocks = record("jax", blocks=())
    (comparison,) = compare([failure("caffe"), no_blocks, *reversed(three)])

    order = [row.framework for row in comparison.rows]
    assert order == ["pytorch", "tensorflow", "mxnet", "jax", "caffe"]
    assert [row.framework for row in comparison.ranked] == order[:3]


def test_a_failure_before_the_import_joins_the_row_of_its_framework(
    record: MakeRecord, failure: MakeRecord
) -> None:
    (comparison,) = compare([failure("pytorch", status="failed"), record()])

    (row,) = comparison.rows
    assert row.version == "2.13.0"
    assert row.outcome == "1 failed, 1 ok"


def test_a_failure_does_not_choose_between_two_versions(
    record: MakeRecord, failure: MakeRecord
) -> None:
    records = [record(), record(framework_version="2.14.0"), failure("pytorch")]
    (comparison,) = compare(records)

    assert {row.version for row in comparison.rows} == {"2.13.0", "2.14.0", None}


def test_numbers_come_from_finished_trials_only(record: MakeRecord) -> None:
    (comparison,) = compare([record(), record(repeat=2, status="timeout")])

    assert comparison.rows[0].throughput.count == 5
