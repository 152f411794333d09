"""The numbers of a row that are published, each finite or not there at all."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from reports.ranking.metrics import METRICS, Metric
from reports.ranking.rows import Row

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


def collect_values(
    row: Row, metrics: Iterable[Metric] = METRICS, base_units: bool = False
) -> tuple[MetricValue, ...]:
    """Collect what a row has a number of.

    Args:
        base_units: seconds, bytes, shares from 0 to 1, instead of each metric's own unit.
    """
    values = (_value(metric, row, 1.0 if base_units else metric.scale) for metric in metrics)
    return tuple(value for value in values if value is not None)


def _value(metric: Metric, row: Row, scale: float) -> MetricValue | None:
    estimate = row.estimate(metric.column)
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
