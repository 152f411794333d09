"""Series of block times whose steady state is known, because they were made here."""

from collections import Counter

import numpy as np
import pytest

from bench.host.session.transcript import LEAST_BLOCKS, find_steady

GENERATOR = np.random.default_rng


def noisy(levels: list[float], seed: int, deviation: float) -> list[float]:
    """Seconds around the levels, with noise that is normal on the logarithm."""
    noise = GENERATOR(seed).normal(0, deviation, len(levels))
    return [float(value) for value in np.asarray(levels) * np.exp(noise)]


def test_a_constant_series_is_steady_from_its_first_block() -> None:
    assert find_steady([0.2] * 30) == find_steady([7.0] * 30)
    assert find_steady([0.2] * 30) == ("steady", 0)


def test_slow_blocks_at_the_beginning_are_warm_up() -> None:
    assert find_steady(noisy([0.5] * 6 + [0.2] * 30, 1, 0.01)) == ("steady after warm-up", 6)


def test_a_machine_that_slows_down_is_told_from_one_that_warms_up() -> None:
    assert find_steady(noisy([0.2] * 6 + [0.3] * 30, 2, 0.01)) == ("steady after slowdown", 6)


def test_a_warm_up_in_steps_ends_at_the_last_of_them() -> None:
    assert find_steady(noisy([0.9] * 3 + [0.4] * 5 + [0.2] * 30, 3, 0.01)) == (
        "steady after warm-up",
        8,
    )


def test_an_exponential_warm_up_ends_where_its_rest_is_within_the_noise() -> None:
    levels = [0.2 * (1 + 0.5 * 2.718281828 ** (-block / 3)) for block in range(50)]
    ends = [find_steady(noisy(levels, seed, 0.01))[1] for seed in range(100)]
    # At block 8 the rest is 3.5 %, at block 14 it is 0.5 %.
    assert 8 <= np.median(ends) <= 14


def test_single_interrupted_blocks_are_no_change() -> None:
    levels = [0.2] * 40
    levels[7], levels[21] = 0.9, 0.6
    assert find_steady(noisy(levels, 4, 0.01))[0] == "steady"


def test_a_series_that_keeps_falling_has_no_steady_state() -> None:
    levels = [2.0 - 0.045 * block for block in range(40)]
    assert find_steady(noisy(levels, 5, 0.005))[0] == "no steady state"


def test_few_blocks_say_nothing() -> None:
    assert find_steady([9.0] * (LEAST_BLOCKS - 2) + [1.0]) == ("too few blocks", 0)


@pytest.mark.parametrize("deviation", [0.005, 0.05])
def test_noise_alone_is_seldom_taken_for_a_change(deviation: float) -> None:
    series = (noisy([0.2] * 50, seed, deviation) for seed in range(100))
    states = Counter(find_steady(one)[0] for one in series)
    assert states["steady"] >= 90


@pytest.mark.parametrize("deviation", [0.005, 0.05])
def test_a_step_of_four_deviations_is_mostly_found(deviation: float) -> None:
    levels = [0.2 * np.exp(max(0.05, 4 * deviation))] * 10 + [0.2] * 40
    found = [find_steady(noisy(levels, seed, deviation))[1] for seed in range(100)]
    assert sum(abs(warmup - 10) <= 1 for warmup in found) >= 85
