"""What may be compared with what."""

from collections.abc import Callable

import pytest
from msgspec import structs

from bench.optimizer import Change, Optimizer
from bench.records.results import Record
from reports.ranking.comparisons import compare

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
        {"optimizer": Optimizer("adam", 0.05)},
        {"optimizer": Optimizer("sgd", 0.05, 0.9, weight_decay=0.1)},
        {"optimizer": Optimizer("sgd", 0.05, 0.9, changes=(Change(1, 0.005),))},
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
    assert row.throughput.count == 3


@pytest.mark.parametrize(
    "change",
    [
        {"mode": "compiled"},
        {"settings": "tuned"},
        {"framework_version": "2.14.0"},
        {"layout": "NHWC"},
        {"input": "native"},
    ],
)
def test_another_mode_setting_or_version_is_another_row(
    change: dict[str, str], record: MakeRecord
) -> None:
    (comparison,) = compare([record(), record(**change)])

    assert len(comparison.rows) == 2


def test_a_label_names_layout_and_input_that_are_not_the_default(record: MakeRecord) -> None:
    (comparison,) = compare([record(), record(layout="NHWC", input="native", settings="tuned")])

    labels = {row.label for row in comparison.rows}
    assert labels == {
        "PyTorch 2.13.0, eager, default",
        "PyTorch 2.13.0, eager, tuned, NHWC, own loader",
    }
    assert {row.key.short_label for row in comparison.rows} == {
        "PyTorch 2.13.0 (eager)",
        "PyTorch 2.13.0 (eager, tuned settings, NHWC, own loader)",
    }


def test_how_often_it_is_evaluated_is_no_other_work(record: MakeRecord) -> None:
    (comparison,) = compare([record(), record("mxnet", evaluate_every=3)])

    assert len(comparison.ranked) == 2


def test_the_fastest_row_is_first_and_failures_are_last(
    three: list[Record], record: MakeRecord, failure: MakeRecord
) -> None:
    no_blocks = record("jax", blocks=())
    (comparison,) = compare([failure("caffe"), no_blocks, *reversed(three)])

    order = [row.key.framework for row in comparison.rows]
    assert order == ["pytorch", "tensorflow", "mxnet", "jax", "caffe"]
    assert [row.key.framework for row in comparison.ranked] == order[:3]


def test_refused_rows_stand_between_ranked_ones_and_those_without_throughput(
    three: list[Record], record: MakeRecord, failure: MakeRecord
) -> None:
    odd = record("keras", certificate=None)
    (comparison,) = compare([failure("caffe"), odd, *three])

    assert [row.key.framework for row in comparison.rows[3:]] == ["keras", "caffe"]
    assert [row.key.framework for row in comparison.refused] == ["keras", "caffe"]
    assert [row.key.framework for row in comparison.timed][-1] == "keras"
    assert comparison.rows[0].unverified is None
    assert comparison.rows[3].unverified is not None


def test_the_odd_one_out_is_refused(three: list[Record], record: MakeRecord) -> None:
    low = tuple(structs.replace(epoch, test_accuracy=0.3) for epoch in record().epochs)
    (comparison,) = compare([*three, record("jax", epochs=low)])

    assert [row.key.framework for row in comparison.refused] == ["jax"]
    assert "lies outside the band of its peers" in str(comparison.refused[0].refusal)


def test_accuracy_refuses_nobody_where_the_test_set_is_unknown_or_synthetic(
    record: MakeRecord,
) -> None:
    low = tuple(structs.replace(epoch, test_accuracy=0.3) for epoch in record().epochs)
    for common in (
        {"test_samples": None},
        {"test_samples": -1},
        {"test_samples": 10**400},
        {"dataset": "synthetic-32"},
    ):
        (comparison,) = compare([record(**common), record("mxnet", epochs=low, **common)])
        assert len(comparison.ranked) == 2, common


def test_the_size_of_the_test_set_may_come_from_any_trial(record: MakeRecord) -> None:
    (comparison,) = compare([record(test_samples=None), record("mxnet")])

    assert comparison.test_samples == 360


def test_a_title_names_the_setting_of_the_model(record: MakeRecord) -> None:
    (comparison,) = compare([record(model="alexnet-quarter", dataset="cifar10-subset")])

    assert comparison.title == (
        "AlexNet (a quarter of the width) on CIFAR-10 (5,000-image subset), batch size 64, CPU, "
        "IEEE float32"
    )


def test_conditions_are_in_words(record: MakeRecord) -> None:
    optimizer = Optimizer("sgd", 0.05, 0.9, 0.0005, changes=(Change(6, 0.005),))
    (comparison,) = compare([record(optimizer=optimizer)])

    assert list(comparison.work.conditions.values()) == [
        "3 epochs",
        "SGD with momentum 0.9, learning rate 0.05, from epoch 7 on 0.005, weight decay 0.0005",
        "2 threads",
    ]


def test_a_failure_before_the_import_joins_the_row_of_its_framework(
    record: MakeRecord, failure: MakeRecord
) -> None:
    (comparison,) = compare([failure("pytorch", status="failed"), record()])

    (row,) = comparison.rows
    assert row.key.version == "2.13.0"
    assert row.outcome == "1 failed, 1 ok"


def test_a_failure_does_not_choose_between_two_versions(
    record: MakeRecord, failure: MakeRecord
) -> None:
    records = [record(), record(framework_version="2.14.0"), failure("pytorch")]
    (comparison,) = compare(records)

    assert {row.key.version for row in comparison.rows} == {"2.13.0", "2.14.0", None}


def test_numbers_come_from_finished_trials_only(record: MakeRecord) -> None:
    (comparison,) = compare([record(), record(repeat=2, status="timeout")])

    assert comparison.rows[0].throughput.count == 1
