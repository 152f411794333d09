"""Slow changes of a metric over many runs, none of which is a step.

A trend is told by the test of Mann and Kendall (Mann 1945, "Nonparametric tests against trend"),
and how much it is by the slope of Theil and Sen (Sen 1968, "Estimates of the regression coefficient
based on Kendall's tau"): neither minds a run that stands out, nor what the noise is like.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats import kendalltau, norm, theilslopes

from reports.content.cells import format_ratio
from reports.history.changes import (
    MACHINE_SPEED,
    Change,
    LevelChange,
    describe_direction,
    is_large,
    list_medians,
    list_points,
    name_run,
)
from reports.history.series import History, Point, Series
from reports.ranking.metrics import BY_PARTNER, METRICS, Metric
from reports.statistics.intervals import CONFIDENCE, NOTHING, Interval

# Of fewer runs few orders are so rare that they tell a trend, and noise resembles one.
LEAST_RUNS = 12
# Of the test, in both directions. `python -m tests.reports.detector` counts how often noise passes.
SIGNIFICANCE = 0.001
# Of neighboring runs; at more, a series of any length would tell nothing.
MOST_CORRELATION = 0.95

Values = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Drift(Change):
    """A trend of a metric since its level last stepped; its ratio is along the slope.

    Attributes:
        first, last: the runs between which it went on.
    """

    first: Point
    last: Point
    runs: int


def find_drifts(
    history: History, changes: Sequence[LevelChange], *metrics: Metric
) -> tuple[Drift, ...]:
    """Find the trends of metrics, or of all, in all series of a history, the largest first.

    A trend counts if chance does not explain it, and if it is larger than what counts as a step.

    Args:
        changes: of the level, the most recent first; a trend is looked for since the last one.
    """
    drifts = [
        drift
        for metric in metrics or (*METRICS, BY_PARTNER)
        for series in history.series
        if (drift := _find_drift(series, metric, changes)) is not None
    ]
    return tuple(sorted(drifts, key=lambda drift: -abs(float(np.log(drift.ratio.median)))))


def describe_drift(drift: Drift) -> str:
    """Say what drifts, from which run to which, and by how much."""
    machine = ""
    if drift.machine_speed.count:
        machine = (
            " Over the same runs the machine's own speed became "
            f"{format_ratio(drift.machine_speed)} of what it was."
        )
    return (
        f"{drift.series.label}: a slow drift, {describe_direction(drift)}. "
        f"{drift.metric.title} became {format_ratio(drift.ratio)} of what it was over "
        f"{drift.runs} runs, from {name_run(drift.first)} to {name_run(drift.last)}.{machine}"
    )


def _find_drift(series: Series, metric: Metric, changes: Sequence[LevelChange]) -> Drift | None:
    own = (one for one in changes if one.series is series and one.metric is metric)
    last = next(own, None)
    since = 0 if last is None else last.after.place
    points = [point for point in list_points(series, metric) if point.place >= since]
    values = list_medians(points, metric.column)
    if not has_trend(values):
        return None
    ratio = _estimate_total(values)
    if not is_large(ratio, points, metric):
        return None
    speeds = list_medians(points, MACHINE_SPEED)
    return Drift(
        series=series,
        metric=metric,
        ratio=ratio,
        machine_speed=_estimate_total(speeds),
        first=points[0],
        last=points[-1],
        runs=len(points),
    )


def has_trend(values: Sequence[float]) -> bool:
    """Tell whether values rise or fall over a series by more than chance explains.

    Runs that resemble their neighbors are worth fewer than they are: the test's variance is
    corrected as by Yue and Wang (2004, "The Mann-Kendall test modified by effective sample size").
    """
    if len(values) < LEAST_RUNS:
        return False
    # Not a number where all values are equal.
    chance = float(kendalltau(range(len(values)), values).pvalue)
    deviations = norm.isf(chance / 2) / np.sqrt(_count_runs_for_one(np.log(values)))
    return bool(deviations > norm.isf(SIGNIFICANCE / 2))


def _count_runs_for_one(logarithms: Values) -> float:
    """Count how many runs tell as much as one would that is independent of its neighbors."""
    count = len(logarithms)
    slope = theilslopes(logarithms)
    rest = logarithms - slope.intercept - slope.slope * np.arange(count)
    rest -= rest.mean()
    square = float(rest @ rest)
    correlation = float(rest[1:] @ rest[:-1]) / square if square else 0.0
    # Of few values about a line of their own it is estimated too low (van Giersbergen 2005).
    correlation = min(MOST_CORRELATION, max(0.0, (count * correlation + 2) / (count - 4)))
    lags = np.arange(1, count)
    return 1 + 2 * float((1 - lags / count) @ correlation**lags)


def _estimate_total(values: Sequence[float]) -> Interval:
    """Estimate the ratio of a series' end to its beginning; nothing where a value is unknown."""
    logarithms = np.log(np.asarray(values, dtype=np.float64))
    if not np.isfinite(logarithms).all():
        return NOTHING
    slope = theilslopes(logarithms, alpha=CONFIDENCE)
    steps = len(values) - 1
    middle, low, high = (
        float(np.exp(one * steps)) for one in (slope.slope, slope.low_slope, slope.high_slope)
    )
    return Interval(middle, low, high, len(values), CONFIDENCE)
