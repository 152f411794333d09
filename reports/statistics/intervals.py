"""Medians over invocations, with the interval that so many invocations allow.

An invocation is one process from start to end. It gives one value of each quantity, and only
invocations are independent of one another: blocks of one process are not. So intervals are made
over invocations (Georges, Buytaert and Eeckhout 2007, "Statistically rigorous Java performance
evaluation").
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.special import bdtr

from reports.statistics.quantiles import select_finite
from reports.statistics.resampling import Floats, draw_medians

CONFIDENCE = 0.95
# The lowest and the highest of fewer values cover their median less often than CONFIDENCE, so that
# no resampling of them can: see `order_statistics_coverage`.
LEAST_FOR_BOOTSTRAP = 6


@dataclass(frozen=True)
class Interval:
    """A median over invocations between two bounds, in the unit of the values.

    Attributes:
        low, high: NaN where there is no interval: one invocation has none.
        count: number of invocations; with none, all else is NaN.
        covers: the share of such measurements whose interval holds the true median; of a ratio of
            ranges, at least that share.
    """

    median: float
    low: float
    high: float
    count: int
    covers: float

    @property
    def exists(self) -> bool:
        """Whether there is an interval, and not a single value or none."""
        return not math.isnan(self.low)

    @property
    def relative_half_width(self) -> float:
        """Half the interval's width by the median; NaN without an interval."""
        return (self.high - self.low) / 2 / self.median if self.median else math.nan

    def holds(self, value: float) -> bool:
        """Whether a value lies between the bounds; no value does where there are none."""
        return self.low <= value <= self.high

    def overlaps(self, other: "Interval") -> bool:
        """Whether the two have a value in common."""
        return self.low <= other.high and other.low <= self.high


NOTHING = Interval(math.nan, math.nan, math.nan, 0, math.nan)


def estimate_median(values: Iterable[float]) -> Interval:
    """The median of the invocations' values; what is not finite is left out.

    Of 6 values and more a percentile bootstrap interval (Efron and Tibshirani 1993, chapter 13).
    Of fewer, the interval is from the lowest to the highest, and covers what that can cover.
    """
    numbers = select_finite(values)
    if not numbers:
        return NOTHING
    middle, count = float(np.median(numbers)), len(numbers)
    if count == 1:
        return Interval(middle, math.nan, math.nan, 1, math.nan)
    if count < LEAST_FOR_BOOTSTRAP:
        coverage = compute_coverage(count, 1)
        return Interval(middle, min(numbers), max(numbers), count, coverage)
    return bootstrap(middle, draw_medians(np.array(numbers)), count)


def estimate_ratio(values: Iterable[float], references: Iterable[float]) -> Interval:
    """The ratio of two medians whose invocations are independent.

    Both samples are resampled, each by itself. With fewer than 6 values on either side, the
    interval is from the lowest ratio that the two ranges allow to the highest.
    """
    return _estimate_ratio(tuple(select_finite(values)), tuple(select_finite(references)))


def compute_coverage(count: int, depth: int) -> float:
    """How often the median lies between the `depth`-th lowest and the `depth`-th highest value.

    1 - 2 P(X < depth) with X binomial, of `count` trials at 1/2 each: every value lies below the
    median as often as above (David and Nagaraja 2003, "Order statistics", section 7.1).
    With depth 1 it is 1 - 2^(1 - count): 75 % of 3 values, 93.75 % of 5, 96.9 % of 6.
    """
    return 1 - 2 * float(bdtr(depth - 1, count, 0.5))


# A page and its tables as JSON need the same intervals; those of medians are kept in their rows.
@lru_cache(maxsize=4096)
def _estimate_ratio(values: tuple[float, ...], references: tuple[float, ...]) -> Interval:
    if not values or not all(reference > 0 for reference in (*references, len(references))):
        return NOTHING
    middle = float(np.median(values) / np.median(references))
    count = min(len(values), len(references))
    if count == 1:
        return Interval(middle, math.nan, math.nan, 1, math.nan)
    if count < LEAST_FOR_BOOTSTRAP:
        low, high = min(values) / max(references), max(values) / min(references)
        coverages = [compute_coverage(len(sample), 1) for sample in (values, references)]
        return Interval(middle, low, high, count, math.prod(coverages))
    drawn = draw_medians(np.array(values), 0) / draw_medians(np.array(references), 1)
    return bootstrap(middle, drawn, count)


def bootstrap(middle: float, drawn: Floats, count: int) -> Interval:
    """The percentile interval of a bootstrap distribution.

    Of R draws the (R + 1) a-th and the (R + 1)(1 - a)-th, which 9,999 of them have exactly (Davison
    and Hinkley 1997, "Bootstrap Methods and their Application", section 5.2.1).
    """
    beyond = round((drawn.size + 1) * (1 - CONFIDENCE) / 2)
    places = (beyond - 1, drawn.size - beyond)
    low, high = np.partition(drawn, places)[list(places)].tolist()
    return Interval(middle, low, high, count, CONFIDENCE)
