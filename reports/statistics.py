"""Every statistic of the report, each defined once. Values that are not finite are left out."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


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


def throughput(samples: float, seconds: float) -> float:
    """Samples per second; NaN where the time is not above 0, or so near that it is no time."""
    rate = samples / seconds if seconds > 0 else math.nan
    return rate if math.isfinite(rate) else math.nan


def quartiles(values: Iterable[float]) -> Spread:
    """25th percentile, median and 75th percentile.

    Between two values it interpolates linearly: definition 7 of Hyndman and Fan 1996,
    the default of NumPy and R.
    """
    return _percentiles(values, (25, 50, 75))


def extremes(values: Iterable[float]) -> Spread:
    """Smallest value, median and largest value."""
    return _percentiles(values, (0, 50, 100))


def median(values: Iterable[float]) -> float:
    """The middle value, or the mean of the two middle ones; NaN of no values."""
    return extremes(values).median


def ratio(value: float, reference: float) -> float:
    """`value` as a multiple of `reference`; NaN where the reference is 0."""
    return value / reference if reference else math.nan


def relative_iqr(values: Iterable[float]) -> float:
    """Interquartile range by the median; NaN of fewer than four values, which have no quarters."""
    spread = quartiles(values)
    return (spread.high - spread.low) / spread.median if _divides(spread, 4) else math.nan


def relative_range(values: Iterable[float]) -> float:
    """Largest minus smallest value by the median; NaN of fewer than two values."""
    spread = extremes(values)
    return (spread.high - spread.low) / spread.median if _divides(spread, 2) else math.nan


def relative_difference(values: Iterable[float]) -> float:
    """Largest minus smallest, relative to the largest magnitude; NaN of fewer than two values.

    For values of one sign it is the largest |a - b| / max(|a|, |b|) of all pairs.
    """
    known = _known(values)
    if known.size < 2:
        return math.nan
    magnitude = float(np.abs(known).max())
    return float(np.ptp(known)) / magnitude if magnitude else 0.0


def _divides(spread: Spread, least: int) -> bool:
    return spread.count >= least and spread.median != 0


def _percentiles(values: Iterable[float], wanted: tuple[float, float, float]) -> Spread:
    known = _known(values)
    if not known.size:
        return Spread(math.nan, math.nan, math.nan, 0)
    low, middle, high = (float(value) for value in np.percentile(known, wanted))
    return Spread(low, middle, high, known.size)


def _known(values: Iterable[float]) -> npt.NDArray[np.float64]:
    array = np.array(list(values), dtype=np.float64)
    return array[np.isfinite(array)]
