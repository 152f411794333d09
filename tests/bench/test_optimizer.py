import json
from dataclasses import asdict
from typing import Any

import msgspec
import pytest

from bench.optimizer import Change, Optimizer
from bench.records.lines import optimizer_in

SGD = Optimizer("sgd", 0.1, 0.9, 0.0005, changes=(Change(2, 0.01), Change(5, 0.001)))


def test_the_learning_rate_is_piecewise_constant() -> None:
    assert [SGD.learning_rate_in(epoch) for epoch in range(7)] == [
        *[0.1] * 2,
        *[0.01] * 3,
        *[0.001] * 2,
    ]


def test_it_survives_its_journey_through_json() -> None:
    assert optimizer_in(json.loads(json.dumps(asdict(SGD)))) == SGD


def test_an_optimizer_of_an_older_record_has_the_defaults() -> None:
    old = {"name": "sgd", "learning_rate": 0.1, "momentum": 0.9}
    assert optimizer_in(old) == Optimizer("sgd", 0.1, 0.9)


@pytest.mark.parametrize(
    "wrong",
    [
        {"learning_rate": [1]},
        {"beta1": {}},
        {"momentum": "0.9"},
        {"name": 3},
        {"factor": 2},
        {"changes": [{"epoch": 1}]},
        {"changes": [{"epoch": 1, "learning_rate": None}]},
        {"changes": 3},
    ],
)
def test_what_is_no_optimizer_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises((ValueError, msgspec.ValidationError)):
        optimizer_in({**asdict(SGD), **wrong})
