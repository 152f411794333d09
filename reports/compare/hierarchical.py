"""The ratio of two medians of invocations, with all the doubt that there is about them.

A value of an invocation is itself a median, of its blocks. So both levels are resampled: first
invocations, then the blocks of each one that was drawn (Kalibera and Jones 2013, "Rigorous
benchmarking in reasonable time", section 6: an experiment of several levels is resampled level by
level). A quantity that an invocation has once has one block.
"""

from collections.abc import Sequence

import numpy as np

from reports.statistics.intervals import NOTHING, Interval, bootstrap
from reports.statistics.resampling import RESAMPLES, SEED, Floats, draw_middle_ranks

# For each invocation the values of its blocks.
Sample = Sequence[Sequence[float]]


def estimate_ratio(head: Sample, base: Sample) -> Interval:
    """The median of HEAD as a multiple of that of BASE; no bounds where a side has one invocation.

    Args:
        head, base: invocations without a block are not counted; all values are above 0.
    """
    sides = [[values for values in sample if len(values)] for sample in (head, base)]
    count = min(map(len, sides))
    if not count:
        return NOTHING
    top, bottom = (float(np.median([np.median(blocks) for blocks in side])) for side in sides)
    if not bottom > 0:
        return NOTHING
    if count == 1:
        return Interval(top / bottom, np.nan, np.nan, 1, np.nan)
    return bootstrap(top / bottom, _medians(sides[0], 0) / _medians(sides[1], 1), count)


def _medians(sample: Sample, stream: int) -> Floats:
    generator = np.random.default_rng((SEED, stream))
    drawn = generator.integers(len(sample), size=(RESAMPLES, len(sample)))
    counts = np.array([len(values) for values in sample])
    # Sorted, one invocation a line, short ones filled up with what no rank reaches.
    ordered = np.full((len(sample), counts.max()), np.nan)
    for line, values in zip(ordered, sample, strict=True):
        line[: len(values)] = np.sort(values)
    low, high = draw_middle_ranks(counts[drawn], generator)
    blocks = (ordered[drawn, low] + ordered[drawn, high]) / 2
    medians: Floats = np.median(blocks, axis=1)
    return medians
