"""The bootstrap of invocations and their blocks, against one that draws every value."""

import math
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from reports.compare.hierarchical import estimate_ratio

Sample = list[list[float]]

BASE = [[98.0, 100.0, 103.0], [95.0, 97.0], [104.0, 108.0, 111.0, 112.0], [99.0], [101.0, 102.0]]
HEAD = [[90.0, 93.0, 94.0], [88.0, 92.0], [99.0, 100.0], [91.0, 95.0, 97.0]]


def by_drawing_every_value(head: Sample, base: Sample) -> npt.NDArray[Any]:
    generator = np.random.default_rng(7)

    def median(sample: Sample) -> float:
        chosen = [sample[number] for number in generator.integers(len(sample), size=len(sample))]
        blocks = [np.median(generator.choice(values, len(values))) for values in chosen]
        return float(np.median(blocks))

    return np.array([median(head) / median(base) for _ in range(6_000)])


def test_the_interval_is_that_of_a_bootstrap_which_draws_every_value() -> None:
    found = estimate_ratio(HEAD, BASE)
    low, high = np.quantile(by_drawing_every_value(HEAD, BASE), (0.025, 0.975))

    # Medians of invocations: 93, 90, 99.5, 95 and 100, 96, 109.5, 99, 101.5.
    assert found.median == pytest.approx(94 / 100)
    assert (found.low, found.high) == pytest.approx((low, high), rel=0.01)


def test_blocks_that_differ_widen_the_interval() -> None:
    """Of invocations that are all alike, only their blocks leave a doubt."""
    narrow = estimate_ratio([[99.9, 100.0, 100.1]] * 6, [[100.0]] * 6)
    wide = estimate_ratio([[80.0, 100.0, 120.0]] * 6, [[100.0]] * 6)

    assert 1.0 > narrow.low > wide.low
    assert 1.0 < narrow.high < wide.high


def test_one_invocation_has_no_interval() -> None:
    found = estimate_ratio([[90.0, 91.0]], BASE)

    assert found.median == pytest.approx(0.905)
    assert not found.exists
    assert found.count == 1


@pytest.mark.parametrize(("head", "base"), [([], BASE), (HEAD, []), ([[]], BASE), (HEAD, [[0.0]])])
def test_what_has_no_ratio(head: Sample, base: Sample) -> None:
    assert math.isnan(estimate_ratio(head, base).median)


def test_a_ratio_and_its_inverse_agree() -> None:
    found, inverse = estimate_ratio(HEAD, BASE), estimate_ratio(BASE, HEAD)

    assert found.median == pytest.approx(1 / inverse.median)
    assert found.low == pytest.approx(1 / inverse.high, rel=0.02)
