"""Ratios whose interval is known, because the pairs were made here."""

import numpy as np
import pytest

from tests.overhead.ratios import ratio_of_pairs

GENERATOR = np.random.default_rng


def pairs(ratio: float, noise: float, count: int, seed: int) -> list[tuple[float, float]]:
    """Seconds of both sides: a slow drift that meets both, and noise that does not."""
    generator = GENERATOR(seed)
    drift = np.exp(np.cumsum(generator.normal(0, 0.1, count)))
    first, second = np.exp(generator.normal(0, noise, (2, count)))
    return [
        (float(d * a), float(ratio * d * b)) for d, a, b in zip(drift, first, second, strict=True)
    ]


def test_a_first_side_that_takes_half_the_time_is_twice_as_fast() -> None:
    found = ratio_of_pairs([[(1.0, 2.0), (0.5, 1.0)], [(3.0, 6.0)]])
    assert (found.median, found.low, found.high) == (2.0, 2.0, 2.0)
    assert found.invocations == (2.0, 2.0)


def test_one_invocation_has_no_interval() -> None:
    found = ratio_of_pairs([[(1.0, 1.1), (1.0, 1.2), (1.0, 1.3)]])
    assert found.median == pytest.approx(1.2)
    assert (found.low, found.high) == (None, None)


def test_what_drifts_under_both_sides_does_not_count() -> None:
    found = ratio_of_pairs([pairs(0.99, 0.005, 40, seed) for seed in range(3)])
    assert found.median == pytest.approx(0.99, abs=0.003)
    assert found.low is not None
    assert found.high is not None
    assert found.high - found.low < 0.01


def test_the_interval_holds_the_truth_about_as_often_as_it_says() -> None:
    hits = 0
    for trial in range(100):
        found = ratio_of_pairs([pairs(1.05, 0.02, 25, 1000 * trial + one) for one in range(5)])
        assert found.low is not None
        assert found.high is not None
        hits += found.low <= 1.05 <= found.high
    assert hits >= 88


def test_invocations_that_differ_widen_the_interval() -> None:
    alike = ratio_of_pairs([pairs(1.0, 0.002, 30, seed) for seed in range(4)])
    apart = ratio_of_pairs([pairs(1.0 + 0.1 * seed, 0.002, 30, seed) for seed in range(4)])
    assert alike.low is not None
    assert alike.high is not None
    assert apart.low is not None
    assert apart.high is not None
    assert apart.high - apart.low > 10 * (alike.high - alike.low)


def test_the_same_pairs_give_the_same_interval() -> None:
    found = [ratio_of_pairs([pairs(1.0, 0.02, 9, seed) for seed in range(3)]) for _ in range(2)]
    assert found[0] == found[1]
