"""What may be said of a change."""

import math

import pytest
from scipy.stats import mannwhitneyu

from bench.records.parts import Epoch
from bench.records.results import Record
from reports.compare.effects import (
    FALSE_ALARMS,
    ONE_INVOCATION,
    Effect,
    compute_least_probability,
    count_invocations_needed,
    judge,
    measure_effect,
)
from reports.ranking.comparisons import compare
from reports.ranking.metrics import METRICS, Metric
from reports.ranking.rows import Row
from tests.reports.compare.conftest import make_side

BY_NAME = {metric.name: metric for metric in METRICS}
THROUGHPUT, MEMORY = BY_NAME["throughput"], BY_NAME["peak-anonymous-memory"]


def row(records: list[Record]) -> Row:
    ((found,),) = (comparison.rows for comparison in compare(records))
    return found


def judge_change(base: list[Record], head: list[Record], metric: Metric = THROUGHPUT) -> Effect:
    found = measure_effect(metric, row(base), row(head))
    assert found is not None
    (verdict,) = judge([found], 0.01)
    return verdict


@pytest.mark.parametrize(
    ("speed", "verdict"), [(80.0, "worse"), (95.0, "worse"), (105.0, "better"), (130.0, "better")]
)
def test_five_percent_are_told_where_invocations_differ_by_one(speed: float, verdict: str) -> None:
    found = judge_change(make_side("pytorch", 100.0), make_side("pytorch", speed))

    assert found.verdict == verdict
    assert found.ratio.median == pytest.approx(speed / 100, rel=0.02)
    assert found.ratio.low < found.ratio.median < found.ratio.high


def test_no_change_is_the_same_within_the_least() -> None:
    """The blocks of an invocation lie within 2 % of its median, so that ten of them are sure."""
    base, head = (make_side("pytorch", 100.0, count=40, spread=1e-3, seed=seed) for seed in (1, 2))

    assert judge_change(base, head).verdict == "same"


def test_too_much_noise_is_no_evidence_of_anything() -> None:
    base, head = (make_side("pytorch", 100.0, spread=0.1, seed=seed) for seed in (1, 2))
    found = judge_change(base, head)

    assert found.verdict == "cannot tell"
    assert found.reason == "these invocations can neither show a difference nor rule one out"


def test_one_invocation_is_said_and_not_guessed() -> None:
    found = judge_change(make_side("pytorch", 100.0, count=1), make_side("pytorch", 50.0))

    assert (found.verdict, found.reason) == ("cannot tell", ONE_INVOCATION)
    assert math.isnan(found.probability)
    assert not found.ratio.exists


def test_too_few_invocations_say_how_many_are_needed() -> None:
    base, head = (make_side("pytorch", speed, count=4) for speed in (100.0, 50.0))
    found = judge_change(base, head)

    assert found.verdict == "cannot tell"
    assert (
        "4 and 4 invocations are too few to show a difference in one of 1 trial; 5 on each"
        in found.reason
    )


@pytest.mark.parametrize("count", [3, 5, 8])
def test_the_least_probability_is_that_of_values_that_do_not_overlap(count: int) -> None:
    low, high = list(range(count)), list(range(100, 100 + count))

    wanted = mannwhitneyu(low, high, method="exact").pvalue
    assert compute_least_probability(count, count) == pytest.approx(wanted)


def test_needed_is_the_first_number_that_is_enough() -> None:
    assert (
        compute_least_probability(count_invocations_needed(50), count_invocations_needed(50)) * 50
        <= FALSE_ALARMS
    )
    assert (
        compute_least_probability(
            count_invocations_needed(50) - 1, count_invocations_needed(50) - 1
        )
        * 50
        > FALSE_ALARMS
    )


def test_more_memory_is_worse_and_more_accuracy_is_better() -> None:
    base = make_side("pytorch", 100.0)
    more = make_side("pytorch", 100.0, memory={"peak_anonymous_bytes": 2**30})
    higher = make_side("pytorch", 100.0, epochs=(Epoch(0.1, 0.1, 1.0, 0.3, 0.05, 3),))

    assert judge_change(base, more, MEMORY).verdict == "worse"
    assert judge_change(more, base, MEMORY).verdict == "better"
    assert judge_change(base, higher, BY_NAME["test-accuracy"]).verdict == "better"
    assert judge_change(base, base, MEMORY).verdict == "same"


def test_a_disturbed_invocation_makes_no_difference() -> None:
    base, head = (make_side("pytorch", 100.0, count=12, seed=seed) for seed in (1, 2))

    found = judge_change(base, head[:-1] + make_side("pytorch", 20.0, count=1))

    assert found.verdict != "worse"


def test_what_is_asked_of_many_rows_needs_more_evidence() -> None:
    """One chance in 126 is evidence for one row, and none among fifty."""
    base, head = (make_side("pytorch", speed, count=5) for speed in (100.0, 90.0))
    one, same = (
        measure_effect(THROUGHPUT, row(base), row(head)),
        measure_effect(THROUGHPUT, row(base), row(base)),
    )
    assert one is not None
    assert same is not None
    assert one.probability == pytest.approx(1 / 126)

    assert judge([one], 0.01)[0].verdict == "worse"
    assert judge([one, *[same] * 49], 0.01)[0].verdict == "cannot tell"


def test_what_neither_side_has_is_no_effect() -> None:
    base = row(make_side("pytorch", 100.0))

    assert measure_effect(BY_NAME["gpu-energy"], base, base) is None
