"""The best division of a series: against the library ruptures, and against all divisions."""

from collections.abc import Sequence
from itertools import combinations, pairwise

import numpy as np
import pytest
from ruptures import Pelt

from bench.levels import LEAST_NOISE, PENALTY, Series, estimate_noise, find_change_points


def stepped(generator: np.random.Generator, size: int) -> Series:
    """Up to four steps at random places, in noise of any size beside them."""
    ends = np.sort(generator.integers(0, size + 1, generator.integers(0, 5)))
    lengths = np.diff([0, *ends, size])
    levels = generator.normal(0, generator.choice([0.01, 0.05, 0.3]), len(lengths))
    return np.repeat(levels, lengths) + generator.normal(0, generator.choice([0.002, 0.05]), size)


@pytest.mark.parametrize("least", [2, 3])
def test_the_change_points_are_those_of_the_library_ruptures_or_better(least: int) -> None:
    """Its pruning is not exact where stretches have a least length: 1 in 1,000 comes out worse."""
    generator = np.random.default_rng(least)
    found = others = 0
    for _ in range(600):
        series = stepped(generator, int(generator.integers(2 * least, 40)))
        noise = estimate_noise(series)
        penalty = PENALTY * noise**2 * np.log(len(series))
        ends = Pelt(model="l2", min_size=least, jump=1).fit_predict(series, penalty)
        places = find_change_points(series, noise, least)
        if places != ends[:-1]:
            assert cost(series, places, noise) < cost(series, ends[:-1], noise)
            others += 1
        found += len(places)
    assert found > 500
    assert others <= 5


@pytest.mark.parametrize("least", [1, 2, 3])
def test_no_division_is_better(least: int) -> None:
    """Of the short series every division is tried."""
    generator = np.random.default_rng(10 + least)
    for size in [*range(least, 12)] * 6:
        series = stepped(generator, size)
        noise = max(0.01, float(series.std()) / 3)
        best = min(divisions(size, least), key=lambda places: cost(series, places, noise))
        assert find_change_points(series, noise, least) == list(best)


def test_levels_far_from_zero_lose_no_digits() -> None:
    series = np.repeat([0.0, 0.02, 0.0], [20, 20, 20])
    assert (
        find_change_points(series + 1e6, 0.002, 2)
        == find_change_points(series, 0.002, 2)
        == [20, 40]
    )


def test_equal_values_have_no_change_and_the_least_noise() -> None:
    assert find_change_points(np.full(50, -1.6), LEAST_NOISE, 2) == []
    assert estimate_noise(np.full(50, -1.6)) == LEAST_NOISE


def divisions(size: int, least: int) -> list[tuple[int, ...]]:
    """The places of all divisions into stretches of `least` or more."""
    return [
        places
        for count in range(size // least)
        for places in combinations(range(1, size), count)
        if all(end - first >= least for first, end in pairwise((0, *places, size)))
    ]


def cost(series: Series, places: Sequence[int], noise: float) -> float:
    """By the definition: squares about the means, and a penalty for each stretch."""
    penalty = PENALTY * noise**2 * float(np.log(len(series)))
    return sum(
        float(((series[first:end] - series[first:end].mean()) ** 2).sum()) + penalty
        for first, end in pairwise((0, *places, len(series)))
    )
