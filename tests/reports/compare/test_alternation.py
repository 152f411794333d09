"""Invocations that took turns: against ratios that are known, whatever the machine did."""

import math
import random
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from msgspec import structs
from scipy.stats import wilcoxon

from bench.records.parts import TimedBlock
from bench.records.results import Record
from reports.compare import alternation
from reports.compare.effects import judge, measure_effect
from reports.ranking.comparisons import compare
from reports.ranking.metrics import METRICS
from reports.ranking.rows import Row
from reports.statistics.resampling import Floats
from reports.trials import alternating
from tests.reports.conftest import make_record

BASE = "b" * 40
HEAD = "a" * 40


def blocks(rates: Sequence[float], warmup: int = 1) -> tuple[TimedBlock, ...]:
    return tuple(
        TimedBlock(steps=10, samples=640, seconds=640 / rate, warmup=place < warmup)
        for place, rate in enumerate(rates)
    )


def sides(
    pairs: Sequence[tuple[Sequence[float], Sequence[float]]],
) -> tuple[list[Record], list[Record]]:
    """Records of BASE and HEAD that took turns, by the throughputs of their blocks."""
    base, head = [], []
    for repeat, (old, new) in enumerate(pairs, start=1):
        one = make_record(repeat=repeat, revision=BASE, commit=BASE, blocks=blocks(old))
        other = make_record(repeat=repeat, commit=HEAD, blocks=blocks(new))
        base.append(replace(one, in_turns_with=other.trial.id))
        head.append(replace(other, in_turns_with=one.trial.id))
    return base, head


def probability(pairs: Sequence[Floats]) -> float:
    return alternation.compute_probability([alternating.average_ratios(pair) for pair in pairs])


def row(records: Sequence[Record]) -> Row:
    ((found,),) = (comparison.rows for comparison in compare(records))
    return found


def wild_machine(
    ratio: float, pairs: int = 10, count: int = 20, spread: float = 0.02
) -> tuple[list[Record], list[Record]]:
    """A machine whose speed drifts by a factor of two, under both sides at a time."""
    generator = random.Random(5)
    drawn = []
    for _ in range(pairs):
        level = 1000 * generator.uniform(1, 2)
        speeds = [level * generator.uniform(0.7, 1.4) for _ in range(count)]
        noise = [[generator.lognormvariate(0, spread) for _ in speeds] for _ in range(2)]
        old = [speed * one for speed, one in zip(speeds, noise[0], strict=True)]
        new = [ratio * speed * one for speed, one in zip(speeds, noise[1], strict=True)]
        drawn.append((old, new))
    return sides(drawn)


def test_what_the_machine_does_to_both_is_not_in_the_ratio() -> None:
    base, head = wild_machine(0.97)
    found = alternation.collect_pairs(row(head), row(base))
    assert [one.size for one in found] == [19] * 10
    change = alternation.estimate_ratio(found)
    assert change.low < 0.97 < change.high
    assert change.median == pytest.approx(0.97, abs=0.005)
    assert change.high - change.low < 0.02
    assert probability(found) == 2 / 2**10


def test_three_percent_are_told_on_a_machine_that_drifts_by_two() -> None:
    base, head = wild_machine(0.97)
    ratio = measure_effect(METRICS[0], row(base), row(head))
    assert ratio is not None
    (verdict,) = judge([ratio], 0.01)
    assert verdict.verdict == "worse"
    assert verdict.pairs
    # The same invocations, had they not taken turns.
    alone = [[replace(record, in_turns_with=None) for record in side] for side in (base, head)]
    ratio = measure_effect(METRICS[0], row(alone[0]), row(alone[1]))
    assert ratio is not None
    (verdict,) = judge([ratio], 0.01)
    assert verdict.verdict == "cannot tell"
    assert not verdict.pairs


def test_nothing_is_found_where_nothing_changed() -> None:
    base, head = wild_machine(1.0)
    found = alternation.collect_pairs(row(head), row(base))
    change = alternation.estimate_ratio(found)
    assert change.low < 1 < change.high
    assert probability(found) > 0.05


def test_blocks_stand_beside_those_of_the_same_turn_and_warm_up_is_none() -> None:
    (base,), (head,) = sides([([1, 100, 110, 120, 130], [1, 50, 55, 60])])
    found = alternation.collect_pairs(row([head]), row([replace(base, blocks=blocks([1] * 4, 2))]))
    assert [one.tolist() for one in found] == [pytest.approx([math.log(55), math.log(60)])]
    found = alternation.collect_pairs(row([head]), row([base]))
    assert [one.tolist() for one in found] == [pytest.approx([math.log(0.5)] * 3)]


def test_an_invocation_without_its_partner_is_in_no_pair() -> None:
    base, head = sides([([9, 100], [9, 90])] * 3)
    base[1] = replace(base[1], status="failed", reason="It was stopped.")
    found = alternation.collect_pairs(row(head), row(base))
    assert len(found) == 2
    # Of another run, though its names are the same.
    others = [replace(record, run="other") for record in base]
    assert alternation.collect_pairs(row(head), row(others)) == []


def test_a_block_that_took_no_time_is_left_out() -> None:
    (base,), (head,) = sides([([9, 100, 100], [9, 90, 90])])
    broken = structs.replace(head.blocks[1], seconds=0.0)
    head = replace(head, blocks=(head.blocks[0], broken, head.blocks[2]))
    (found,) = alternation.collect_pairs(row([head]), row([base]))
    assert found.tolist() == pytest.approx([math.log(0.9)])


def test_one_disturbed_block_or_pair_moves_nothing() -> None:
    calm = [np.full(10, math.log(0.95)) for _ in range(10)]
    disturbed = [one.copy() for one in calm]
    disturbed[3][2] = math.log(5)
    disturbed[7][:] = math.log(5)
    assert alternation.estimate_ratio(disturbed).median == pytest.approx(0.95)


def test_the_value_of_a_pair_leaves_out_a_fifth_on_each_side() -> None:
    ratios = np.log([0.1, 0.8, 0.9, 1.0, 9.0])
    assert alternation.estimate_ratio([ratios]).median == pytest.approx(
        (0.8 * 0.9 * 1.0) ** (1 / 3)
    )
    assert not alternation.estimate_ratio([ratios]).exists


def test_the_interval_is_that_of_a_bootstrap_which_draws_every_value() -> None:
    generator = np.random.default_rng(3)
    found = [generator.normal(level, 0.03, 12) for level in generator.normal(-0.05, 0.02, 8)]

    def middle(values: list[float]) -> float:
        ordered = sorted(values)
        cut = len(ordered) // 5
        return float(np.mean(ordered[cut : len(ordered) - cut]))

    drawn = []
    for _ in range(4_000):
        chosen = [found[place] for place in generator.integers(len(found), size=len(found))]
        drawn.append(middle([middle(generator.choice(one, one.size).tolist()) for one in chosen]))
    low, high = np.exp(np.quantile(drawn, (0.025, 0.975)))
    interval = alternation.estimate_ratio(found)
    assert (interval.low, interval.high) == pytest.approx((low, high), abs=0.003)
    assert interval.count == 8


def test_the_probability_is_exact() -> None:
    values = [0.03, -0.01, 0.02, 0.05, 0.04, -0.015, 0.06]
    pairs = [np.array([value]) for value in values]
    # By hand: the ranks of those below 0 are 1 and 2; of 128 ways to set signs 5 give a sum of at
    # most 3: none, {1}, {2}, {3}, {1, 2}. Both sides: 10 / 128.
    assert probability(pairs) == pytest.approx(10 / 128)
    assert probability(pairs) == pytest.approx(wilcoxon(values).pvalue)


def test_equal_differences_are_asked_exactly_too() -> None:
    pairs = [np.array([value]) for value in (0.02, 0.02, 0.02, 0.02, 0.02, 0.02)]
    assert probability(pairs) == pytest.approx(2 / 2**6)
    assert probability([np.zeros(3)] * 6) == 1.0


def test_many_pairs_are_asked_by_the_normal_distribution() -> None:
    generator = np.random.default_rng(4)
    pairs = [generator.normal(-0.01, 0.01, 5) for _ in range(60)]
    assert probability(pairs) < 1e-6


@pytest.mark.parametrize("count", [1, 2, 5, 10])
def test_the_least_probability_is_that_of_pairs_on_one_side(count: int) -> None:
    pairs = [np.array([0.01 * number]) for number in range(1, count + 1)]
    assert alternation.compute_least_probability(count) == pytest.approx(probability(pairs))


def test_too_few_pairs_are_told_how_many_would_do() -> None:
    base, head = wild_machine(0.9, pairs=4)
    found = measure_effect(METRICS[0], row(base), row(head))
    assert found is not None
    (verdict,) = judge([found], 0.01)
    assert verdict.verdict == "cannot tell"
    assert verdict.reason == (
        "4 pairs of invocations are too few to show a difference in one of 1 trial; 8 are enough"
    )


def test_one_pair_has_no_interval() -> None:
    base, head = wild_machine(0.9, pairs=1)
    found = measure_effect(METRICS[0], row(base), row(head))
    assert found is not None
    assert "a single invocation" in found.reason
