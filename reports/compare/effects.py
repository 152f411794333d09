"""What changed from BASE to HEAD in one metric of one trial, and what may be said of it.

Whether there is a difference at all is asked of the invocations by the exact test of Mann and
Whitney (1947): it needs no normal distribution, and one invocation that was disturbed cannot make a
difference. Throughputs of invocations that took turns are asked pair by pair, which sees far
smaller differences: `reports.compare.alternation`. Many rows are asked at once, so that chance
alone would make some differ: the probabilities are adjusted by Benjamini and Hochberg (1995), which
keeps the chance of any false alarm among rows that are all the same at `FALSE_ALARMS`.
"""

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from scipy.stats import PermutationMethod, false_discovery_control, mannwhitneyu

from reports.compare import alternation, hierarchical
from reports.ranking.metrics import Metric
from reports.ranking.rows import THROUGHPUT, Row
from reports.statistics.intervals import Interval
from reports.statistics.quantiles import compute_throughput, select_finite
from reports.text import titles
from reports.trials import alternating

FALSE_ALARMS = 0.01
# Up to so many pairs of values the probability is exact, and of equal values up to so many ways to
# arrange them; beyond, it is that of many values.
EXACT = 10_000
ARRANGEMENTS = 9_999

Verdict = Literal["better", "worse", "same", "cannot tell"]
ONE_INVOCATION = "one side has a single invocation, so there is no interval"


@dataclass(frozen=True)
class Effect:
    """A metric of one trial on both sides.

    Attributes:
        ratio: HEAD by BASE.
        probability: of such a difference by chance alone, adjusted for all rows that were asked;
            NaN where nothing can be asked.
        least_probability: the smallest that there could be, were they as different as can be.
        pairs: whether invocations were compared pair by pair.
        reason: why nothing can be told, where that is so.
        able: whether there are invocations enough to tell any difference at all.
        again: the same in a second run, where a difference was to be confirmed by one.
    """

    metric: Metric
    base: Interval
    head: Interval
    ratio: Interval
    probability: float
    least_probability: float = 1.0
    pairs: bool = False
    verdict: Verdict = "cannot tell"
    reason: str = ""
    able: bool = False
    again: "Effect | None" = None


def measure_effect(metric: Metric, base: Row, head: Row) -> Effect | None:
    """What changed, not yet judged; None where neither side has a value."""
    before, after = base.estimate(metric.column), head.estimate(metric.column)
    if not (before.count or after.count):
        return None
    pairs = alternation.collect_pairs(head, base) if metric.column == THROUGHPUT else ()
    if len(pairs) > 1:
        return Effect(
            metric,
            before,
            after,
            alternation.estimate_ratio(pairs),
            alternation.compute_probability([alternating.average_ratios(pair) for pair in pairs]),
            alternation.compute_least_probability(len(pairs)),
            pairs=True,
        )
    ratio = hierarchical.estimate_ratio(_sample(metric, head), _sample(metric, base))
    reason = "" if before.count and after.count else "one side has no value"
    if not reason and min(before.count, after.count) < 2:
        reason = ONE_INVOCATION
    if reason:
        return Effect(metric, before, after, ratio, math.nan, reason=reason)
    chance = compute_probability(
        *(select_finite(row.values(metric.column)) for row in (base, head))
    )
    least = compute_least_probability(before.count, after.count)
    return Effect(metric, before, after, ratio, chance, least)


def judge(
    effects: Sequence[Effect], least: float, false_alarms: float = FALSE_ALARMS
) -> list[Effect]:
    """The effects, each with its verdict.

    Args:
        least: a relative difference that is none worth telling.
        false_alarms: the chance of any, if nothing changed.
    """
    probabilities = [effect.probability for effect in effects if not math.isnan(effect.probability)]
    values = iter(adjust_for_multiple_tests(probabilities))
    adjusted = (
        effect if math.isnan(effect.probability) else replace(effect, probability=next(values))
        for effect in effects
    )
    return [_judge(effect, least, len(probabilities), false_alarms) for effect in adjusted]


def adjust_for_multiple_tests(probabilities: Sequence[float]) -> list[float]:
    """The probabilities of rows that are asked at once, as if each were asked alone."""
    return false_discovery_control(probabilities).tolist() if probabilities else []


def is_change(
    probability: float, ratio: float, least: float, false_alarms: float = FALSE_ALARMS
) -> bool:
    """Whether a difference is one: no chance, and worth telling."""
    return probability <= false_alarms and abs(ratio - 1) > least


def _judge(effect: Effect, least: float, rows: int, false_alarms: float) -> Effect:
    if effect.reason:
        return effect
    effect = replace(effect, able=effect.least_probability * rows <= false_alarms)
    if is_change(effect.probability, effect.ratio.median, least, false_alarms):
        better = (effect.ratio.median > 1) == effect.metric.bigger_is_better
        return replace(effect, verdict="better" if better else "worse")
    if 1 - least <= effect.ratio.low and effect.ratio.high <= 1 + least:
        return replace(effect, verdict="same")
    return replace(effect, reason=_doubt(effect, rows, false_alarms))


def _doubt(effect: Effect, rows: int, false_alarms: float) -> str:
    trials = titles.format_count(rows, "trial")
    if not effect.able and effect.pairs:
        enough = count_invocations_needed(rows, false_alarms, alternation.compute_least_probability)
        return (
            f"{effect.ratio.count} pairs of invocations are too few to show a difference in one of "
            f"{trials}; {enough} are enough"
        )
    if not effect.able:
        return (
            f"{effect.base.count} and {effect.head.count} invocations are too few to show a "
            f"difference in one of {trials}; {count_invocations_needed(rows, false_alarms)} on "
            "each side are enough"
        )
    return "these invocations can neither show a difference nor rule one out"


def count_invocations_needed(
    rows: int,
    false_alarms: float = FALSE_ALARMS,
    least: Callable[[int], float] = lambda count: compute_least_probability(count, count),
) -> int:
    """The fewest invocations on each side by which one of so many rows can be told to differ.

    Args:
        least: the smallest probability that so many can give.
    """
    return next(count for count in itertools.count(2) if least(count) * rows <= false_alarms)


def compute_least_probability(base: int, head: int) -> float:
    """The smallest probability that so many values on each side can give: no overlap at all."""
    return min(1.0, 2 / math.comb(base + head, base))


def _sample(metric: Metric, row: Row) -> list[list[float]]:
    if metric.column == THROUGHPUT:
        blocks = (
            [compute_throughput(block.samples, block.seconds) for block in record.measured_blocks]
            for record in row.finished
        )
        return [select_finite(values) for values in blocks]
    return [select_finite([value]) for value in row.values(metric.column)]


def compute_probability(before: Sequence[float], after: Sequence[float]) -> float:
    """How probable so large a difference is where there is none, by the test of Mann and Whitney.

    Args:
        before, after: a value of each invocation, at least one on each side.
    """
    values = np.array([*before, *after])
    distinct = np.unique(values).size
    if distinct == 1:
        return 1.0
    method: Literal["exact", "asymptotic"] | PermutationMethod = "asymptotic"
    if distinct == values.size and len(before) * len(after) <= EXACT:
        method = "exact"
    elif math.comb(values.size, len(before)) <= ARRANGEMENTS:
        # All arrangements, each once: the exact test of values of which some are equal.
        method = PermutationMethod()
    test = mannwhitneyu(values[: len(before)], values[len(before) :], method=method)
    return float(test.pvalue)
