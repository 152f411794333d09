"""Every statistic of the report, each defined once. Values that are not finite are left out."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

# Fewer values have no quarters.
LEAST_FOR_QUARTILES = 4


@dataclass(frozen=True)
class Spread:
    """A middle value between a low and a high one, in the unit of the values.

    Attributes:
        count: number of values that it is made from; with none, the others are NaN.
    """

    low: float
    median: float
    high: float
    count: int


def compute_throughput(samples: float, seconds: float) -> float:
    """Samples per second; NaN where the time is not above 0, or so near that it is no time."""
    rate = samples / seconds if seconds > 0 else math.nan
    return rate if math.isfinite(rate) else math.nan


def compute_quartiles(values: Iterable[float]) -> Spread:
    """25th percentile, median and 75th percentile.

    Between two values it interpolates linearly: definition 7 of Hyndman and Fan 1996,
    the default of NumPy and R.
    """
    return _compute_percentiles(values, (25, 50, 75))


def find_extremes(values: Iterable[float]) -> Spread:
    """Smallest value, median and largest value."""
    return _compute_percentiles(values, (0, 50, 100))


def compute_median(values: Iterable[float]) -> float:
    """Return the middle value, or the mean of the two middle ones; NaN if there are none."""
    return find_extremes(values).median


def compute_relative_iqr(values: Iterable[float]) -> float:
    """Interquartile range by the median; NaN with fewer than four values: they have no quarters."""
    return _divide_width(compute_quartiles(values), LEAST_FOR_QUARTILES)


def compute_relative_range(values: Iterable[float]) -> float:
    """Largest minus smallest value by the median; NaN of fewer than two values."""
    return _divide_width(find_extremes(values), 2)


def compute_relative_difference(values: Iterable[float]) -> float:
    """Largest minus smallest, relative to the largest magnitude; NaN of fewer than two values.

    For values of one sign it is the largest |a - b| / max(|a|, |b|) of all pairs.
    """
    numbers = select_finite(values)
    if len(numbers) < 2:
        return math.nan
    low, high = min(numbers), max(numbers)
    magnitude = max(abs(low), abs(high))
    return (high - low) / magnitude if magnitude else 0.0


def _divide_width(spread: Spread, least: int) -> float:
    divides = spread.count >= least and spread.median != 0
    return (spread.high - spread.low) / spread.median if divides else math.nan


def _compute_percentiles(values: Iterable[float], percents: tuple[float, float, float]) -> Spread:
    finite = select_finite(values)
    if not finite:
        return Spread(math.nan, math.nan, math.nan, 0)
    low, middle, high = np.percentile(finite, percents).tolist()
    return Spread(low, middle, high, len(finite))


def select_finite(values: Iterable[float]) -> list[float]:
    """The values that are numbers."""
    return list(filter(math.isfinite, map(float, values)))
