"""Which trials are compared, and what all of it comes to."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from bench.errors import ResultsError
from bench.records.results import Record
from reports.compare import sentences
from reports.compare.sides import Side
from tests.reports.compare.conftest import make_side, outcome_of
from tests.reports.conftest import MACHINE

MakeRecord = Callable[..., Record]

SERIES = "lenet-digits-pytorch-eager-default-ieee-cpu-batch64"
BASE = make_side("pytorch", 100.0)


def test_a_regression_is_one_whatever_else_got_better() -> None:
    found = outcome_of(
        [*BASE, *make_side("mxnet", 100.0)],
        [*make_side("pytorch", 80.0), *make_side("mxnet", 120.0)],
    )

    assert found.overall == "regression"
    assert sentences.write_headline(found) == "Regression: of 2 trials 1 is worse and 1 is better."
    worse, better = sentences.list_changes(found)
    assert worse.startswith(f"{SERIES}: throughput \N{MINUS SIGN}")
    assert worse.endswith("%): slower")
    assert better.startswith("lenet-digits-mxnet")
    assert better.endswith("%): faster")


def test_improvement_and_no_difference() -> None:
    assert outcome_of(BASE, make_side("pytorch", 120.0)).overall == "improvement"
    assert outcome_of(BASE, BASE).overall == "no difference"
    assert "No difference" in sentences.write_headline(outcome_of(BASE, BASE))


@pytest.mark.parametrize("count", [1, 3])
def test_few_invocations_cannot_tell(count: int) -> None:
    found = outcome_of(BASE[:count], make_side("pytorch", 50.0, count=count))

    assert found.overall == "cannot tell"
    assert sentences.write_headline(found).startswith("Cannot tell: ")


def test_a_trial_that_no_longer_finishes_is_a_regression(failure: MakeRecord) -> None:
    found = outcome_of(
        [*BASE, *make_side("mxnet", 100.0)],
        [*BASE, failure(status="timeout", repeat=1), failure(status="timeout", repeat=2)],
    )

    assert found.overall == "regression"
    assert sentences.list_changes(found) == [
        "lenet-digits-mxnet-eager-default-ieee-cpu-batch64: it no longer finishes (2 timeout)"
    ]


def test_a_trial_that_is_no_longer_verified_is_a_regression() -> None:
    head = [replace(one, certificate=None) for one in BASE]
    found = outcome_of(BASE, head)

    assert found.overall == "regression"
    assert "no longer verified (the record has no certificate)" in sentences.list_changes(found)[0]
    assert outcome_of(head, head).overall == "no difference", "neither side was"


def test_versions_and_commits_may_differ() -> None:
    head = [replace(one, commit="fedcba", framework_version="9.9") for one in BASE]

    assert len(outcome_of(BASE, head).trials) == 1


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"machine": MACHINE | {"cpu": "Other CPU"}}, "machine"),
        ({"threads": 7}, "threads"),
        ({"device": "cuda"}, "device"),
        ({"settings": "tuned"}, "settings"),
        ({"precision": "bf16"}, "precision"),
        ({"batch_size": 128}, "batch_size"),
        ({"mode": "compiled"}, "mode"),
    ],
)
def test_what_differs_is_refused_unless_it_is_asked_for(changes: dict[str, Any], what: str) -> None:
    head = make_side("pytorch", 100.0, **changes)

    with pytest.raises(ResultsError, match=f"differ in .*--across {what}"):
        outcome_of(BASE, head)
    assert len(outcome_of(BASE, head, across=[what]).trials) == 1


def test_no_common_trial_names_some_of_both_sides() -> None:
    with pytest.raises(ResultsError, match=r"no trial in common \(BASE: lenet.*HEAD: lstm-digits"):
        outcome_of(BASE, make_side("pytorch", 100.0, model="lstm"))


def test_two_versions_on_one_side_are_ambiguous() -> None:
    other = [replace(one, framework_version="9.9") for one in make_side("pytorch", 90.0)]

    with pytest.raises(ResultsError, match=r"BASE has 2 rows for lenet.*name runs of one version"):
        outcome_of([*BASE, *other], BASE)


def test_what_is_on_one_side_only_is_said() -> None:
    others = [*make_side("mxnet", 1.0), *make_side("jax", 1.0)]

    assert sentences.list_left_out(outcome_of(BASE, [*BASE, *others])) == [
        "Only HEAD has lenet-digits-jax-eager-default-ieee-cpu-batch64 and "
        "lenet-digits-mxnet-eager-default-ieee-cpu-batch64.",
    ]
    tuned = [*BASE, *make_side("pytorch", 1.0, settings="tuned")]
    assert sentences.list_left_out(outcome_of(BASE, tuned))[-1] == (
        "Some of them differ from the most similar trial of the other side in settings. To compare "
        "them nevertheless, add --across settings."
    )


def test_a_least_difference_of_ten_percent() -> None:
    head = make_side("pytorch", 95.0)

    assert outcome_of(BASE, head).overall == "regression"
    assert outcome_of(BASE, head, least=0.1).overall == "no difference"


def test_two_parts_of_one_run_are_told_apart() -> None:
    asked = {name: Side("BASE", name, tuple(BASE)).words for name in ("quick", "@2.20.0", "x@base")}

    assert asked == {
        "quick": "quick (commit 0123456789ab)",
        "@2.20.0": "quick@2.20.0 (commit 0123456789ab)",
        "x@base": "quick@base (commit 0123456789ab)",
    }
