"""Ratios of paired blocks, summed up with an interval over invocations and pairs."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

RESAMPLES = 9_999
LEVEL = 0.95


@dataclass(frozen=True)
class Ratio:
    """How fast the first of two sides is, by the second: above 1 it is faster.

    Attributes:
        median: over the invocations, of each one's median over its pairs.
        low, high: 95 % interval of that by a hierarchical bootstrap; not known for one invocation.
        invocations: the medians of each.
    """

    median: float
    low: float | None
    high: float | None
    invocations: tuple[float, ...]


def ratio_of_pairs(invocations: Sequence[Sequence[tuple[float, float]]], seed: int = 1) -> Ratio:
    """The ratio in the seconds of both sides, pair by pair, of each invocation.

    Invocations are drawn with replacement, and the pairs within each of them (Davison and
    Hinkley 1997, section 3.8): with few invocations, what they differ by shows in the interval as
    far as it can.
    """
    ratios = [
        np.array([second / first for first, second in pairs], dtype=np.float64)
        for pairs in invocations
    ]
    medians = tuple(float(np.median(one)) for one in ratios)
    if len(ratios) < 2:
        return Ratio(float(np.median(medians)), None, None, medians)
    generator = np.random.default_rng(seed)
    # (invocation, resample): medians of the pairs of each, drawn again.
    inner = np.stack([_resampled_medians(one, generator) for one in ratios])
    drawn = generator.integers(0, len(ratios), (len(ratios), RESAMPLES))
    outer = np.median(np.take_along_axis(inner, drawn, axis=0), axis=0)
    low, high = np.quantile(outer, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Ratio(float(np.median(medians)), float(low), float(high), medians)


def _resampled_medians(values: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    drawn = generator.integers(0, len(values), (RESAMPLES, len(values)))
    medians: np.ndarray = np.median(values[drawn], axis=1)
    return medians
