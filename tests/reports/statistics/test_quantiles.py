"""Each statistic against a value from a textbook or worked out by hand."""

import math

import pytest

from reports.statistics.quantiles import (
    Spread,
    compute_median,
    compute_quartiles,
    compute_relative_difference,
    compute_relative_iqr,
    compute_relative_range,
    compute_throughput,
    find_extremes,
)


def test_throughput_is_samples_by_seconds() -> None:
    assert compute_throughput(640, 0.05) == pytest.approx(12_800)


@pytest.mark.parametrize("seconds", [0.0, -1.0, math.nan])
def test_throughput_of_no_time_is_nan(seconds: float) -> None:
    assert math.isnan(compute_throughput(640, seconds))


def test_throughput_is_never_infinite() -> None:
    assert math.isnan(compute_throughput(640, 1e-320))


def test_quartiles_are_definition_7_of_hyndman_and_fan() -> None:
    # The example of Wikipedia's "Quartile"; definition 7 gives 25.5, 40 and 42.5.
    values = [6, 7, 15, 36, 39, 40, 41, 42, 43, 47, 49]

    assert compute_quartiles(values) == Spread(25.5, 40.0, 42.5, 11)


def test_quartiles_interpolate_between_an_even_number_of_values() -> None:
    assert compute_quartiles([4, 1, 3, 2]) == Spread(1.75, 2.5, 3.25, 4)


def test_quartiles_of_one_value_are_that_value() -> None:
    assert compute_quartiles([7.0]) == Spread(7.0, 7.0, 7.0, 1)


def test_quartiles_leave_out_what_is_not_finite() -> None:
    assert compute_quartiles([1, math.nan, 3, math.inf]) == Spread(1.5, 2.0, 2.5, 2)


def test_statistics_of_nothing_are_nan() -> None:
    spread = compute_quartiles([])

    assert spread.count == 0
    assert all(math.isnan(value) for value in (spread.low, spread.median, spread.high))


def test_extremes_are_smallest_median_and_largest() -> None:
    assert find_extremes([3, 9, 1, 4]) == Spread(1.0, 3.5, 9.0, 4)


def test_median_resists_an_outlier() -> None:
    assert compute_median([1, 2, 1_000]) == 2


def test_relative_difference_is_the_largest_of_all_pairs() -> None:
    assert compute_relative_difference([2.0, 1.9, 1.5]) == pytest.approx(0.25)


def test_relative_difference_of_negative_values_is_relative_to_the_magnitude() -> None:
    assert compute_relative_difference([-4.0, -3.0]) == pytest.approx(0.25)


def test_relative_difference_of_equal_values_is_zero() -> None:
    assert compute_relative_difference([0.0, 0.0]) == 0
    assert compute_relative_difference([2.3, 2.3, 2.3]) == 0


@pytest.mark.parametrize("values", [[], [1.0], [1.0, math.nan]])
def test_relative_difference_needs_two_values(values: list[float]) -> None:
    assert math.isnan(compute_relative_difference(values))


def test_relative_iqr_is_the_middle_half_by_the_median() -> None:
    # Quartiles 25.5 and 42.5 about 40, as above.
    assert compute_relative_iqr([6, 7, 15, 36, 39, 40, 41, 42, 43, 47, 49]) == pytest.approx(
        17 / 40
    )


def test_relative_range_is_from_end_to_end_by_the_median() -> None:
    assert compute_relative_range([95, 100, 110]) == pytest.approx(0.15)


@pytest.mark.parametrize("values", [[], [1.0], [1.0, 2.0, 3.0], [0.0] * 4])
def test_three_values_have_no_quarters(values: list[float]) -> None:
    assert math.isnan(compute_relative_iqr(values))


@pytest.mark.parametrize("values", [[], [1.0], [1.0, math.nan], [0.0, 0.0]])
def test_one_value_has_no_range(values: list[float]) -> None:
    assert math.isnan(compute_relative_range(values))
