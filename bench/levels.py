"""Finds where the level of a series changes, and how much neighboring values differ.

Host and reports only: it needs NumPy, which the shared core does without.
"""

import numpy as np
import numpy.typing as npt

# The least difference of neighbors that is assumed: clocks and schedulers, agreement by chance.
LEAST_NOISE = 0.002
# In units of the noise's variance times log n: the modified BIC of Zhang and Siegmund 2007.
PENALTY = 3.0

Series = npt.NDArray[np.float64]


def estimate_noise(series: Series) -> float:
    """Estimate the standard deviation about the level, by the differences of neighboring values.

    It is their median absolute deviation, in which changes of the level hardly show.
    """
    differences = np.diff(series)
    deviation = float(np.median(np.abs(differences - np.median(differences))))
    return max(LEAST_NOISE, 1.4826 * deviation / float(np.sqrt(2)))


def find_change_points(series: Series, noise: float, least: int) -> list[int]:
    """Find where stretches of one level each begin, the first stretch aside.

    Of all divisions into stretches of `least` values or more, the one with the smallest sum of
    squares about the stretches' means, and a penalty for each stretch.
    """
    penalty = PENALTY * noise**2 * float(np.log(len(series)))
    begins = _find_begins(series, penalty, least)
    changes = []
    place = begins[len(series)]
    while place > 0:
        changes.append(place)
        place = begins[place]
    return changes[::-1]


def _find_begins(series: Series, penalty: float, least: int) -> list[int]:
    """Find, for each end, where the last stretch before it begins.

    Optimal partitioning (Jackson and others 2005, "An algorithm for optimal partitioning of data
    on an interval"): the best division up to an end is the best one up to where the last stretch
    begins, and that stretch. Nothing is pruned (PELT), which saves little where no level changes.
    """
    # From the mean, so that sums of squares lose no digits.
    centered = series - series.mean()
    sums = np.concatenate([[0.0], np.cumsum(centered)])
    squares = np.concatenate([[0.0], np.cumsum(centered**2)])
    best = np.full(len(series) + 1, np.inf)
    best[0] = 0.0
    begins = [0] * (len(series) + 1)
    for end in range(least, len(series) + 1):
        start = np.arange(end - least + 1)
        about_means = squares[end] - squares[start] - (sums[end] - sums[start]) ** 2 / (end - start)
        totals = best[start] + about_means + penalty
        begins[end] = int(totals.argmin())
        best[end] = totals[begins[end]]
    return begins
