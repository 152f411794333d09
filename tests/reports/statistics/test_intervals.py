"""Intervals against textbook values, exact probabilities and simulations."""

import itertools
import math
from collections import Counter

import numpy as np
import pytest
from scipy.stats import bootstrap

from reports.statistics.intervals import (
    CONFIDENCE,
    NOTHING,
    Interval,
    compute_coverage,
    estimate_median,
    estimate_ratio,
)

# Survival of treated mice, in days: Efron and Tibshirani 1993, table 2.1.
MICE = (94, 197, 16, 38, 99, 141, 23)
ORDERED = sorted(MICE)


def test_the_bootstrap_distribution_of_efrons_mice() -> None:
    """All 7^7 samples, of which the median is: table of the probabilities in Efron 1982, 10.2."""
    medians: Counter[float] = Counter()
    for counts in _compositions(7, 7):
        place = next(index for index, total in enumerate(itertools.accumulate(counts)) if total > 3)
        medians[place] += _multinomial(counts)
    shares = [medians[place] / 7**7 for place in range(7)]
    assert shares == pytest.approx(
        [0.0102, 0.0981, 0.2386, 0.3062, 0.2386, 0.0981, 0.0102], abs=5e-5
    )


def test_the_interval_of_efrons_mice_is_from_the_second_to_the_sixth() -> None:
    found = estimate_median(MICE)

    assert found == Interval(94, ORDERED[1], ORDERED[5], 7, CONFIDENCE)
    assert (found.low, found.high) == (23, 141)


@pytest.mark.parametrize(("count", "share"), [(2, 0.5), (3, 0.75), (5, 0.9375), (6, 0.96875)])
def test_the_range_covers_the_median_in_1_minus_2_to_the_1_minus_n(
    count: int, share: float
) -> None:
    assert compute_coverage(count, 1) == pytest.approx(share)
    assert compute_coverage(count, 1) == pytest.approx(1 - 2 ** (1 - count))


def test_coverage_of_order_statistics_is_binomial() -> None:
    # The second to the ninth of ten: 1 - 2 (1 + 10) / 2^10.
    assert compute_coverage(10, 2) == pytest.approx(1 - 22 / 1024)
    # The interval of the mice: 1 - 2 (1 + 7) / 2^7.
    assert compute_coverage(7, 2) == pytest.approx(0.875)


def test_coverage_of_order_statistics_in_a_simulation() -> None:
    draws = np.sort(np.random.default_rng(1).normal(size=(20_000, 5)), axis=1)
    held = (draws[:, 0] <= 0) & (draws[:, 4] >= 0)
    assert held.mean() == pytest.approx(0.9375, abs=0.006)


def test_below_6_invocations_the_interval_is_from_the_lowest_to_the_highest() -> None:
    assert estimate_median([3, 1, 2]) == Interval(2, 1, 3, 3, 0.75)
    assert estimate_median([5, 1, 4, 2, 3]) == Interval(3, 1, 5, 5, 0.9375)


def test_one_invocation_has_no_interval() -> None:
    found = estimate_median([7.0])

    assert (found.median, found.count, found.exists) == (7.0, 1, False)
    assert math.isnan(found.low)
    assert math.isnan(found.high)
    assert math.isnan(found.covers)
    assert math.isnan(found.relative_half_width)
    assert not found.holds(7.0)


def test_nothing_has_no_median() -> None:
    assert estimate_median([]) is NOTHING
    assert estimate_median([math.nan, math.inf]) is NOTHING
    assert estimate_ratio([], [1.0]) is NOTHING
    assert estimate_ratio([1.0], []) is NOTHING
    assert estimate_ratio([1.0], [0.0]) is NOTHING


def test_the_same_values_give_the_same_interval() -> None:
    values = np.random.default_rng(2).lognormal(size=12)

    assert estimate_median(values) == estimate_median(list(values))
    assert estimate_median([*values, math.nan]) == estimate_median(values)


def test_equal_values_have_an_interval_of_no_width() -> None:
    found = estimate_median([4.0] * 8)

    assert (found.low, found.median, found.high) == (4, 4, 4)
    assert found.relative_half_width == 0


def test_the_noise_floor_is_half_the_width_by_the_median() -> None:
    assert estimate_median([90, 100, 130]).relative_half_width == pytest.approx(0.2)


@pytest.mark.parametrize(
    ("count", "least", "most"), [(6, 0.91, 0.97), (7, 0.84, 0.91), (20, 0.91, 0.97)]
)
def test_coverage_of_the_bootstrap_in_a_simulation(count: int, least: float, most: float) -> None:
    """What the report says of it: 93 to 95 of 100, of exactly 7 invocations 88 (7/8)."""
    rng = np.random.default_rng(3)
    draws = rng.normal(size=(600, count))
    found = bootstrap(
        (draws,), np.median, n_resamples=999, method="percentile", axis=-1, rng=rng, batch=100
    ).confidence_interval
    held = (found.low <= 0) & (found.high >= 0)
    assert least < held.mean() < most


def test_a_ratio_of_ranges_goes_from_extreme_to_extreme() -> None:
    found = estimate_ratio([9, 10, 11], [19, 20, 25])

    assert found == Interval(0.5, 9 / 25, 11 / 19, 3, 0.75**2)


def test_a_ratio_needs_6_invocations_on_both_sides_for_the_bootstrap() -> None:
    many, few = [1.0, 1.1, 1.2, 1.3, 1.4, 1.5], [2.0, 2.2]

    assert estimate_ratio(many, few).covers < CONFIDENCE
    assert estimate_ratio(few, many).covers < CONFIDENCE
    assert estimate_ratio(many, many).covers == CONFIDENCE


def test_a_ratio_to_one_invocation_has_no_interval() -> None:
    found = estimate_ratio([1.0, 2.0, 3.0], [4.0])

    assert found.median == 0.5
    assert not found.exists


def test_a_ratio_is_found_again() -> None:
    rng = np.random.default_rng(4)
    found = estimate_ratio(rng.normal(120, 1, 15), rng.normal(100, 1, 15))

    assert found.median == pytest.approx(1.2, abs=0.02)
    assert found.holds(1.2)
    assert not found.holds(1.0)
    assert found.high - found.low < 0.04


def test_coverage_of_a_ratio_in_a_simulation() -> None:
    """With nothing between the two rows, about one interval in twenty leaves 1 out, not more."""
    rng = np.random.default_rng(5)
    pairs = [(rng.normal(100, 2, 8), rng.normal(100, 2, 8)) for _ in range(150)]
    held = [estimate_ratio(one, other).holds(1.0) for one, other in pairs]
    assert np.mean(held) > 0.92


def _compositions(total: int, parts: int) -> list[tuple[int, ...]]:
    if parts == 1:
        return [(total,)]
    return [
        (first, *rest)
        for first in range(total + 1)
        for rest in _compositions(total - first, parts - 1)
    ]


def _multinomial(counts: tuple[int, ...]) -> int:
    return math.factorial(sum(counts)) // math.prod(math.factorial(count) for count in counts)
