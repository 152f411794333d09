"""The numbers of a row that are published, each finite or not there at all."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from reports.ranking.metrics import METRICS, Metric
from reports.ranking.rows import Row
from reports.statistics.intervals import Interval

# Of what a unit's scale makes of a number: 0.97 by 0.01 is 97, and not 97.00000000000001.
DIGITS = 12


@dataclass(frozen=True)
class MetricValue:
    """A metric of a row: the median over its invocations.

    Attributes:
        low, high: the interval's bounds, both None where there is none.
        invocations: that have a value.
        covers: the share of such intervals that hold the true median; None without an interval.
    """

    metric: Metric
    value: float
    low: float | None
    high: float | None
    invocations: int
    covers: float | None

    @property
    def half_width(self) -> float | None:
        """Half the interval's width; None where there is none."""
        if self.low is None or self.high is None:
            return None
        return (self.high - self.low) / 2


def collect_values(row: Row, metrics: Iterable[Metric] = METRICS) -> tuple[MetricValue, ...]:
    """Collect what a row has a number of, in each metric's unit."""
    return _collect(row, [(metric, metric.scale) for metric in metrics])


def collect_base_values(row: Row, metrics: Iterable[Metric] = METRICS) -> tuple[MetricValue, ...]:
    """Collect what a row has a number of, in base units: seconds, bytes, shares from 0 to 1."""
    return _collect(row, [(metric, 1.0) for metric in metrics])


def _collect(row: Row, scales: Iterable[tuple[Metric, float]]) -> tuple[MetricValue, ...]:
    values = (_value(metric, row.estimate(metric.column), scale) for metric, scale in scales)
    return tuple(value for value in values if value is not None)


def _value(metric: Metric, estimate: Interval, scale: float) -> MetricValue | None:
    value, low, high = (
        _scaled(number, scale) for number in (estimate.median, estimate.low, estimate.high)
    )
    # The median of two finite numbers of a forged record may be beyond all numbers.
    if not math.isfinite(value):
        return None
    if not math.isfinite(low) or not math.isfinite(high - low):
        return MetricValue(metric, value, None, None, estimate.count, None)
    return MetricValue(metric, value, low, high, estimate.count, estimate.covers)


def _scaled(number: float, scale: float) -> float:
    return number if scale == 1.0 else float(f"{number / scale:.{DIGITS}g}")
