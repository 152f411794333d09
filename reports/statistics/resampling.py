"""The bootstrap distribution of a median, drawn without drawing the samples.

A bootstrap sample of n values is n independent ranks, each equally likely. Its median depends on
the middle of them only, and the middle of n uniform numbers has a Beta distribution (David and
Nagaraja 2003, "Order statistics", section 2.1): one draw from that stands for n. It is the same
bootstrap as by drawing whole samples, and costs the same for 6 values as for 6,000.
"""

from functools import lru_cache

import numpy as np
import numpy.typing as npt

RESAMPLES = 9_999
SEED = 1979  # any number; the year of Efron's "Bootstrap methods: another look at the jackknife"

Floats = npt.NDArray[np.float64]
Ranks = npt.NDArray[np.intp]


def draw_medians(values: Floats, stream: int = 0) -> Floats:
    """The medians of RESAMPLES bootstrap samples.

    Args:
        values: at least one, in any order.
        stream: draws of different streams are independent, of the same stream the same.
    """
    ordered = np.sort(values)
    low, high = _draw_middle_ranks(ordered.size, stream)
    middles: Floats = (ordered[low] + ordered[high]) / 2
    return middles


@lru_cache(maxsize=64)
def _draw_middle_ranks(count: int, stream: int) -> tuple[Ranks, Ranks]:
    return draw_middle_ranks(np.full(RESAMPLES, count), np.random.default_rng((SEED, stream)))


def draw_middle_ranks(counts: Ranks, generator: np.random.Generator) -> tuple[Ranks, Ranks]:
    """For samples of so many values the ranks, from 0, of the two in the middle, drawn at random.

    The same rank twice where the count is odd. The k-th of n uniform numbers has the distribution
    Beta(k, n - k + 1). Those above it are uniform between it and 1, so that the least of them is as
    far up as Beta(1, n - k) says.
    """
    place = (counts + 1) // 2
    low = generator.beta(place, counts - place + 1)
    high = low + (1 - low) * generator.beta(1, np.maximum(counts - place, 1))
    # Rounding may give 1.0 itself.
    first, second = (
        np.minimum((uniform * counts).astype(np.intp), counts - 1) for uniform in (low, high)
    )
    return first, np.where(counts % 2, first, second)
