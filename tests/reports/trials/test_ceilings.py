"""The machine's ceilings as a table, and why a step has no share of them."""

from collections.abc import Callable
from typing import Any

from bench.records.results import Record
from reports.trials import ceilings
from reports.trials.ceilings import build_ceiling_table, compute_step_roofline

MakeRecord = Callable[..., Record]


def test_what_each_framework_reached_and_who_is_the_ceiling(record: MakeRecord) -> None:
    """By hand: 10^10 operations in 0.1 s are 100 GFLOP/s, 10^9 bytes in 0.05 s 20 GB/s."""
    text, left_out = build_ceiling_table([record(), record("mxnet")])

    assert text.loc["Matrix product, IEEE float32 (GFLOP/s)"].to_dict() == {
        "Ceiling": "100",
        "Attained by": "PyTorch",
        "PyTorch": "100",
        "MXNet": "50.0",
    }
    assert text.loc["Copy of memory (GB/s)"].to_dict() == {
        "Ceiling": "20.0",
        "Attained by": "MXNet",
        "PyTorch": "10.0",
        "MXNet": "20.0",
    }
    assert left_out == ("TensorFlow in IEEE float32: It has no ceilings.py.",)


def test_each_precision_has_a_row_and_memory_one(record: MakeRecord) -> None:
    text, _ = build_ceiling_table([record(), record(precision="bf16")])

    assert list(text.index) == [
        "Matrix product, IEEE float32 (GFLOP/s)",
        "Matrix product, bfloat16 (GFLOP/s)",
        "Copy of memory (GB/s)",
    ]


def test_ceilings_of_nothing_are_a_table_of_nothing(record: MakeRecord) -> None:
    for nothing in ({}, {"products": 1}, {"products": {"x": "y"}, "copies": {}, "reasons": {}}):
        text, left_out = build_ceiling_table([record(ceilings=nothing)])
        assert not len(text)
        assert left_out == ()


def test_why_a_step_has_no_share(record: MakeRecord) -> None:
    nobody: dict[str, Any] = {"products": {}, "copies": {}, "reasons": {"x": "No."}}
    share = compute_step_roofline
    assert share(record(cost={}), 1.0) == ceilings.NO_COST
    assert share(record(), float("nan")) == ceilings.NO_BLOCK
    assert share(record(ceilings={}), 1.0) == ceilings.NOT_MEASURED
    assert share(record(ceilings={"products": 1}), 1.0) == ceilings.UNREADABLE
    assert share(record(ceilings=nobody), 1.0) == ceilings.NOT_ATTAINED
    for forged in ({"amount": 0, "seconds": [1.0]}, {"amount": 1, "seconds": [float("inf")]}):
        rates = nobody | {"products": {"x": forged}, "copies": {"x": forged}}
        assert share(record(ceilings=rates), 1.0) == ceilings.NOT_ATTAINED


def test_a_ceiling_that_nobody_reached_has_no_number(record: MakeRecord) -> None:
    nobody: dict[str, Any] = {"products": {}, "copies": {}, "reasons": {"x": "No."}}
    text, left_out = build_ceiling_table([record(ceilings=nobody)])

    assert text["Ceiling"].tolist() == ["\u2013", "\u2013"]
    assert left_out == ("x in IEEE float32: No.",)
