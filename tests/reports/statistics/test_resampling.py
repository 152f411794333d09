"""Bootstrap medians against the bootstrap itself: every sample there is, and drawn samples."""

import itertools
from collections import Counter

import numpy as np
import pytest
from scipy.stats import bootstrap

from reports.statistics.resampling import RESAMPLES, draw_medians


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 6])
def test_shares_of_the_medians_of_all_samples(count: int) -> None:
    """Of n values there are n^n samples; the shares of their medians are the distribution."""
    values = np.array([2.0, 3.0, 5.0, 7.0, 11.0, 13.0][:count])
    samples = np.array(list(itertools.product(values, repeat=count)))
    exact = Counter(np.median(samples, axis=1).tolist())
    drawn = Counter(draw_medians(values).tolist())
    assert set(drawn) <= set(exact)
    for value, number in exact.items():
        share = number / len(samples)
        error = 4 * (share * (1 - share) / RESAMPLES) ** 0.5
        assert drawn[value] / RESAMPLES == pytest.approx(share, abs=error + 1e-12)


@pytest.mark.parametrize("count", [20, 51])
def test_quantiles_are_those_of_drawn_samples(count: int) -> None:
    values = np.random.default_rng(7).lognormal(size=count)
    rng = np.random.default_rng(8)
    found = bootstrap((values,), np.median, n_resamples=20_000, method="percentile", rng=rng)
    for share in (0.025, 0.25, 0.5, 0.75, 0.975):
        theirs, ours = (
            np.quantile(one, [share - 0.01, share, share + 0.01])
            for one in (found.bootstrap_distribution, draw_medians(values))
        )
        assert theirs[0] <= ours[1] <= theirs[2]
        assert ours[0] <= theirs[1] <= ours[2]


def test_streams_are_independent_and_repeat() -> None:
    values = np.random.default_rng(9).normal(size=24)
    first, second = draw_medians(values, 0), draw_medians(values, 1)
    assert (first == draw_medians(values[::-1], 0)).all()
    assert abs(np.corrcoef(first, second)[0, 1]) < 4 / RESAMPLES**0.5
