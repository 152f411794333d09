"""Two rows whose invocations took turns, block by block: what their blocks differ by.

Two invocations are one pair, a pair has one value (`reports.trials.alternating`), and the exact
signed-rank test of Wilcoxon (1945) asks whether pairs differ from none. The change is a mean of the
pairs' values without their ends, as a value is one of its blocks.
"""

from collections.abc import Sequence

import numpy as np
from scipy.stats import PermutationMethod, trim_mean, wilcoxon

from reports.ranking.rows import Row
from reports.statistics.intervals import NOTHING, Interval, bootstrap
from reports.statistics.resampling import RESAMPLES, SEED, Floats
from reports.trials.alternating import (
    TRIM,
    average_ratios,
    compute_ratios,
    find_partner,
    index_partners,
)

# Blocks of a pair are resampled so often, once; each resample of the pairs takes one of these.
RESAMPLES_OF_BLOCKS = 999
# Up to so many pairs the probability is exact; of equal ones, up to so many ways to arrange them.
EXACT = 50
ARRANGEMENTS = 9_999

# For each pair of invocations the logarithms of HEAD by BASE, of one block after the other.
Pairs = Sequence[Floats]


def collect_pairs(head: Row, base: Row) -> Pairs:
    """The finished pairs of invocations of which one is HEAD's and the other BASE's."""
    candidates = index_partners(base.records)
    pairs = [
        compute_ratios(record, partner)
        for record in head.finished
        if (partner := find_partner(record, candidates)) is not None
    ]
    return [pair for pair in pairs if pair.size]


def estimate_ratio(pairs: Pairs) -> Interval:
    """HEAD as a multiple of BASE, with an interval by a bootstrap of pairs and of their blocks."""
    if not pairs:
        return NOTHING
    change = average_pairs([average_ratios(pair) for pair in pairs])
    if len(pairs) == 1:
        return Interval(change, np.nan, np.nan, 1, np.nan)
    generator = np.random.default_rng(SEED)
    drawn = np.array([_resampled(pair, generator) for pair in pairs])
    of_pairs = generator.integers(len(pairs), size=(RESAMPLES, len(pairs)))
    of_blocks = generator.integers(RESAMPLES_OF_BLOCKS, size=of_pairs.shape)
    changes = np.exp(trim_mean(drawn[of_pairs, of_blocks], TRIM, axis=1))
    return bootstrap(change, changes, len(pairs))


def average_pairs(values: Sequence[float]) -> float:
    """HEAD as a multiple of BASE, from the values of at least one pair."""
    return float(np.exp(trim_mean(values, TRIM)))


def _resampled(blocks: Floats, generator: np.random.Generator) -> Floats:
    places = generator.integers(blocks.size, size=(RESAMPLES_OF_BLOCKS, blocks.size))
    return np.asarray(trim_mean(blocks[places], TRIM, axis=1))


def compute_probability(values: Sequence[float]) -> float:
    """How probable it is that pairs lie as far on one side of no difference by chance.

    Args:
        values: of the pairs, at least one.
    """
    changes = np.asarray(values)
    if not changes.any():
        return 1.0
    if changes.all() and np.unique(np.abs(changes)).size == changes.size <= EXACT:
        return float(wilcoxon(changes, method="exact").pvalue)
    if 2**changes.size <= ARRANGEMENTS:
        # All signs that they could have, each once: the exact test where some sizes are equal.
        return float(wilcoxon(changes, method=PermutationMethod()).pvalue)
    return float(wilcoxon(changes, method="approx").pvalue)


def compute_least_probability(count: int) -> float:
    """The smallest probability that so many pairs can give: all of them on one side."""
    return min(1.0, 2.0 ** (1 - count))
