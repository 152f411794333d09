"""Time to accuracy, by values worked out by hand."""

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest

from bench.records.parts import Epoch
from bench.records.results import Record
from reports.content.tables import PROOF, make_sheet
from reports.ranking import targets
from reports.ranking.comparisons import Comparison, compare

MakeRecord = Callable[..., Record]
Invocations = Callable[..., list[Record]]


def epochs(seconds: float, accuracies: Sequence[float]) -> tuple[Epoch, ...]:
    return tuple(
        Epoch(0.5, 0.6, accuracy, seconds, 0.05, number)
        for number, accuracy in enumerate(accuracies, start=1)
    )


def one(records: Sequence[Record]) -> Comparison:
    (comparison,) = compare(records)
    return comparison


def test_the_target_is_what_all_ranked_trials_reach_to_half_a_percent(record: MakeRecord) -> None:
    comparison = one(
        [
            record("pytorch", epochs=epochs(2.0, [0.90, 0.981, 0.978])),
            record("mxnet", epochs=epochs(1.0, [0.80, 0.96, 0.9789])),
            # Neither ranked nor asked.
            record("jax", certificate=None, epochs=epochs(1.0, [0.1, 0.2, 0.3])),
        ]
    )

    assert targets.find_target(comparison) == pytest.approx(0.975)
    assert "97.50%" in targets.describe_target(comparison)
    first, second, third = (targets.measure_seconds_to(row, 0.975) for row in comparison.rows)
    assert {row.key.framework: row.label for row in comparison.rows}["jax"]
    assert (first, second) == ([4.0], [3.0])
    assert math.isnan(third[0])


def test_a_multiple_of_half_a_percent_is_its_own_target(record: MakeRecord) -> None:
    # 0.97 / 0.005 is 193.99999999999997 in floating point.
    assert targets.find_target(one([record(epochs=epochs(1.0, [0.5, 0.97]))])) == pytest.approx(
        0.97
    )


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"dataset": "synthetic-1x28x28-1000"}, targets.NO_TARGET),
        ({"certificate": None}, targets.NO_PEERS),
        ({"epochs": epochs(1.0, [0.9])}, targets.ONE_EVALUATION),
        ({"epochs": epochs(1.0, [math.nan, 0.0])}, targets.NOT_REACHED),
    ],
)
def test_why_there_is_no_target(changes: dict[str, Any], reason: str, record: MakeRecord) -> None:
    comparison = one([record(**changes)])

    assert targets.find_target(comparison) == reason
    assert targets.describe_target(comparison) == ""
    sheet = make_sheet(comparison, PROOF)
    assert any(reason in sentence for sentence in sheet.absent)


def test_the_table_has_the_median_over_invocations(invocations: Invocations) -> None:
    records = [
        replace(record, epochs=epochs(seconds, [0.5, 0.97]))
        for record, seconds in zip(
            invocations("pytorch", [1.0, 2.0, 3.0]), (1.0, 3.0, 2.0), strict=True
        )
    ]
    sheet = make_sheet(one(records), PROOF)

    (text,) = sheet.text["Time to target accuracy\N{NO-BREAK SPACE}(s)"]
    assert text == "4.00 (2.00\N{EN DASH}6.00)"
