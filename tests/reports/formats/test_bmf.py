"""Bencher Metric Format, by hand and by the shape that Bencher publishes."""

import json
import math
from collections.abc import Callable
from typing import Any

import jsonschema
import pytest
from msgspec import structs

from bench.records.results import Record
from reports.ranking.metrics import METRICS

MakeRecord = Callable[..., Record]
MakeInvocations = Callable[..., list[Record]]
Export = Callable[[list[Record], str], str]

NAME = "lenet-digits-pytorch-eager-default-ieee-cpu-batch64"
METRIC = {
    "type": "object",
    "properties": {name: {"type": "number"} for name in ("value", "lower_value", "upper_value")},
    "required": ["value"],
    "additionalProperties": False,
}
# What https://bencher.dev/docs/reference/bencher-metric-format says, with the lengths in its text.
SCHEMA = {
    "type": "object",
    "propertyNames": {"minLength": 1, "maxLength": 1024},
    "additionalProperties": {
        "type": "object",
        "propertyNames": {"pattern": "^[a-z0-9]+(-[a-z0-9]+)*$", "maxLength": 64},
        "additionalProperties": METRIC,
    },
}


def benchmarks(text: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(text)
    jsonschema.validate(found, SCHEMA)
    return found


def test_medians_between_their_bounds(export: Export, invocations: MakeInvocations) -> None:
    found = benchmarks(export(invocations("pytorch", (1000.0, 1300.0, 1100.0)), "bmf"))

    assert found[NAME]["throughput"] == pytest.approx(
        {"value": 1100.0, "lower_value": 1000.0, "upper_value": 1300.0}
    )
    assert set(found[NAME]) <= {metric.name for metric in METRICS}


def test_one_invocation_has_no_bounds(export: Export, record: MakeRecord) -> None:
    assert benchmarks(export([record()], "bmf"))[NAME]["test-accuracy"] == {"value": 97.0}


def test_a_row_that_is_not_ranked_raises_no_alert(export: Export, record: MakeRecord) -> None:
    found = benchmarks(export([record(), record("mxnet", certificate=None)], "bmf"))

    assert list(found) == [NAME, f"{NAME.replace('pytorch', 'mxnet')}-bencher-ignore"]


def test_a_number_that_is_none_is_absent(export: Export, record: MakeRecord) -> None:
    last = structs.replace(record().epochs[-1], test_accuracy=math.nan)
    (found,) = benchmarks(export([record(epochs=(last,))], "bmf")).values()

    assert "throughput" in found
    assert "test-accuracy" not in found


def test_a_median_beyond_all_numbers_is_absent(export: Export, record: MakeRecord) -> None:
    """Half the sum of two numbers that a float can hold, which is one that it cannot."""
    records = [
        record(repeat=repeat, seconds={"import": 1.7e308, "build": 0.0, "first_step": 0.0})
        for repeat in (1, 2)
    ]
    (found,) = benchmarks(export(records, "bmf")).values()

    assert "throughput" in found
    assert "time-to-first-step" not in found


def test_no_number_at_all_is_an_empty_object(export: Export, failure: MakeRecord) -> None:
    assert benchmarks(export([failure()], "bmf")) == {}


def test_hostile_names_are_strings(export: Export, hostile: list[Record]) -> None:
    assert len(benchmarks(export(hostile, "bmf"))) == 1
