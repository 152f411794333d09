"""Finds where a trial's steady state begins: it is looked for, not assumed.

As Barrett, Bolz-Tereick, Killick, Mount and Tratt (2017, "Virtual machine warmup blows hot and
cold", section 4) do it for virtual machines: change points divide the series of block times into
segments; the last segment, with those before it that are as fast, is the steady state, if it
holds enough of the series. Change points are those that the paper's PELT finds (Killick, Fearnhead
and Eckley 2012): the best ones.
"""

from collections.abc import Sequence
from typing import Literal

import numpy as np

from bench.levels import Series, estimate_noise, find_change_points

State = Literal[
    "steady", "steady after warm-up", "steady after slowdown", "no steady state", "too few blocks"
]

# Fewer blocks have no segments to speak of.
LEAST_BLOCKS = 8
# Segments that differ by no more than this are as fast as each other.
SAME = 0.01
# The steady state has to hold this share of the blocks.
LEAST_SHARE = 0.5
# A single block is no stretch.
LEAST_STRETCH = 2


def find_steady(seconds_per_step: Sequence[float]) -> tuple[State, int]:
    """Find what the times of consecutive blocks, all above 0, look like.

    Return how many lie before the steady state, too: 0 without one.
    """
    if len(seconds_per_step) < LEAST_BLOCKS:
        return "too few blocks", 0
    series = np.log(np.asarray(seconds_per_step, dtype=np.float64))
    segments = _segments(series)
    levels = [float(np.median(series[first:end])) for first, end in segments]
    same = len(levels) - 1
    while same > 0 and abs(levels[same - 1] - levels[-1]) <= SAME:
        same -= 1
    begin = segments[same][0]
    if begin == 0:
        return "steady", 0
    if len(series) - begin < LEAST_SHARE * len(series):
        return "no steady state", 0
    before = float(np.median(series[:begin]))
    return "steady after warm-up" if before > levels[-1] else "steady after slowdown", begin


def _segments(series: Series) -> list[tuple[int, int]]:
    """[first, end) of the stretches between change points of the level."""
    # Not above: what needs no series, such as listing plans, need not load scipy.
    from scipy.ndimage import median_filter

    # A median of three takes out single blocks that something interrupted, and leaves steps.
    smooth = median_filter(series, size=3, mode="nearest")
    places = find_change_points(smooth, estimate_noise(series), LEAST_STRETCH)
    return list(zip([0, *places], [*places, len(series)], strict=True))
