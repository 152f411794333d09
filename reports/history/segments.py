"""Where the level of a series of runs steps: change points that are no noise and no drift.

Change points of the logarithms are those that PELT finds (Killick, Fearnhead and Eckley 2012): the
best ones. As Fleming, Kolaczkowski and others do it (2023, "Hunter: Using change point
detection to hunt for performance regressions"), the weakest is then taken away again and again, and
the two segments beside it become one, until all that are left can be told by a t test.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.ndimage import median_filter
from scipy.stats import ttest_ind_from_stats

from bench.levels import LEAST_NOISE, Series, estimate_noise, find_change_points

# Fewer runs on a side say nothing of a level.
LEAST_RUNS = 3
# Of the t test: that of Hunter. A change point is the best of many places, so that 0.05 is nothing.
SIGNIFICANCE = 0.001
# A value further from both of its neighbors is an outlier, in units of the noise.
OUTLIER = 3.0
# By how much a step has to explain runs better than a slope, in units of log n (BIC). Two: a step
# has been looked for, so that it fits noise and drift better than it should.
STEP_NOT_SLOPE = 2.0


@dataclass(frozen=True)
class Step:
    """Two neighboring stretches [first, place) and [place, end) of a series."""

    first: int
    place: int
    end: int


def find_steps(values: Sequence[float], admitted: Callable[[Step], bool]) -> tuple[Step, ...]:
    """The steps of a series of values above 0, in the order of their places.

    Args:
        admitted: whether a step may be one; what is not admitted becomes one stretch.
    """
    if len(values) < 2 * LEAST_RUNS:
        return ()
    series = _without_outliers(np.log(np.asarray(values, dtype=np.float64)))
    places = find_change_points(series, estimate_noise(series), LEAST_RUNS)
    while places:
        bounds = [0, *places, len(series)]
        steps = tuple(map(Step, bounds, bounds[1:], bounds[2:]))
        weights = [_weight(series, step, admitted) for step in steps]
        weakest = int(np.argmax(weights))
        if weights[weakest] < SIGNIFICANCE:
            return steps
        del places[weakest]
    return ()


def _weight(series: Series, step: Step, admitted: Callable[[Step], bool]) -> float:
    """How weak a step is: by the t test, or above all of those if it is none."""
    before, after = series[step.first : step.place], series[step.place : step.end]
    first, second = (
        (side.mean(), max(LEAST_NOISE, side.std(ddof=1)), len(side)) for side in (before, after)
    )
    chance = float(ttest_ind_from_stats(*first, *second).pvalue)
    return chance if admitted(step) and not _is_slope(before, after) else 1 + chance


def _is_slope(before: Series, after: Series) -> bool:
    """Whether a straight line explains both sides nearly as well as two levels do."""
    both = np.concatenate([before, after])
    places = np.arange(len(both))
    line = np.polynomial.Polynomial.fit(places, both, 1)
    least = len(both) * LEAST_NOISE**2
    by_line = max(least, float(np.sum((both - line(places)) ** 2)))
    by_levels = max(
        least, sum(float(np.sum((side - side.mean()) ** 2)) for side in (before, after))
    )
    gain = len(both) * np.log(by_line / by_levels)
    return bool(gain <= STEP_NOT_SLOPE * np.log(len(both)))


def _without_outliers(series: Series) -> Series:
    """Single values far from both neighbors replaced by the nearer one: a Hampel filter of three.

    The runs beside a step stay as they are: each has a neighbor on its own level.
    """
    smooth = median_filter(series, size=3, mode="nearest")
    far = np.abs(series - smooth) > OUTLIER * estimate_noise(series)
    return np.where(far, smooth, series)
