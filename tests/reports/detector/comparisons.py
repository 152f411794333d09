"""Whether a comparison finds a slowdown, and how often it cries wolf.

A comparison has 50 rows, each drawn from a series in which nothing changed. Invocations that ran
one after the other are dealt out to BASE and HEAD at random, as chance might have had it; pairs
that took turns are drawn (with replacement where more are wanted than there are), and chance
decides which side is BASE's. In one row every block of HEAD is slower by so much. It is found if
HEAD is called slower in that row, and called slower again when it is run again, as `--against`
does; any other row that is called slower twice is a false alarm. Beside it stand the rules of other
tools, on the same numbers.
"""

import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median

from bench.suite.verdict import CONFIRMATION_PERCENT, SUSPICION_PERCENT
from reports.compare import alternation
from reports.compare.effects import adjust_for_multiple_tests, compute_probability, is_change
from reports.compare.outcome import LEAST
from tests.reports.detector.pools import Pair, Pools, in_classes, values

ROWS = 50
COMPARISONS = 200
SLOWDOWNS = (0.03, 0.05, 0.10, 0.20)
SEED = 1


@dataclass(frozen=True)
class Row:
    """One row on both sides.

    Attributes:
        base, head: the invocations' throughputs.
        pairs: of invocations that took turns, what the blocks of each pair come to.
    """

    base: Sequence[float]
    head: Sequence[float]
    pairs: Sequence[float] = ()

    @property
    def ratio(self) -> float:
        """HEAD by BASE, as tools see it that know medians only."""
        return median(self.head) / median(self.base)


# Whether HEAD is slower, of each of the rows that are asked at once; the second time, again?
Rule = Callable[[Sequence[Row], bool], list[bool]]
# Draws a row of so many invocations a side from a series, HEAD's slower by so much.
Draw = Callable[[Sequence[Pair], int, float, random.Random], Row]


def ours(rows: Sequence[Row], again: bool) -> list[bool]:
    """As `reports.compare.effects` judges rows, and `--against` asks it to."""
    percent = CONFIRMATION_PERCENT if again else SUSPICION_PERCENT
    asked = [_asked(row) for row in rows]
    chances = adjust_for_multiple_tests([chance for chance, _ in asked])
    return [
        is_change(chance, ratio, LEAST, percent / 100) and ratio < 1
        for chance, (_, ratio) in zip(chances, asked, strict=True)
    ]


def _asked(row: Row) -> tuple[float, float]:
    """The probability of such a difference by chance, and the ratio."""
    if row.pairs:
        return alternation.compute_probability(row.pairs), alternation.average_pairs(row.pairs)
    return compute_probability(row.base, row.head), row.ratio


def fixed_ratio(least: float) -> Rule:
    """Taking so much more time, whatever the noise."""
    return lambda rows, again: [row.ratio < 1 / (1 + least) for row in rows]


# pytest-benchmark's users compare with --benchmark-compare-fail=median:7%; github-action-benchmark
# alerts where a time is 200 % of the one before.
RULES: dict[str, Rule] = {"ours": ours, "7 %": fixed_ratio(0.07), "200 %": fixed_ratio(1.0)}


def apart(pool: Sequence[Pair], invocations: int, slowdown: float, chance: random.Random) -> Row:
    """Invocations that ran one after the other, dealt out to both sides."""
    chosen = chance.sample(values(pool), 2 * invocations)
    return Row(chosen[:invocations], [value / (1 + slowdown) for value in chosen[invocations:]])


def in_turns(pool: Sequence[Pair], invocations: int, slowdown: float, chance: random.Random) -> Row:
    """Pairs that took turns, their sides swapped at random."""
    drawn = (
        chance.sample(list(pool), invocations)
        if invocations <= len(pool)
        else chance.choices(pool, k=invocations)
    )
    chosen = [pair if chance.random() < 0.5 else pair.swapped for pair in drawn]
    medians = [pair.medians for pair in chosen]
    return Row(
        [base for base, _ in medians],
        [head / (1 + slowdown) for _, head in medians],
        [pair.value - math.log1p(slowdown) for pair in chosen],
    )


@dataclass(frozen=True)
class Design:
    """A way to measure two sides.

    Attributes:
        invocations: how many of each side are tried.
    """

    title: str
    draw: Draw
    invocations: tuple[int, ...]


IN_TURNS = Design("in turns", in_turns, (10, 20))
# Of 20 invocations that are dealt out, each side gets 10 at most.
APART = Design("one after the other", apart, (5, 10))


@dataclass
class Score:
    """How many of the planted rows were found, and how many comparisons had something wrong.

    Attributes:
        suspicions: comparisons with another row that looked slower once.
        false_alarms: comparisons with another row that looked slower twice.
    """

    comparisons: int = 0
    found: int = 0
    suspicions: int = 0
    false_alarms: int = 0


def score(
    pools: Pools, draw: Draw, rule: Rule, slowdown: float, invocations: int, planted: Sequence[str]
) -> Score:
    """The rule in COMPARISONS comparisons, each with a slowdown in one of the `planted` series.

    What is suspected is drawn again and asked again by itself.
    """
    chance = random.Random(f"{SEED} {slowdown} {invocations}")
    result = Score()
    for _ in range(COMPARISONS):
        names = [chance.choice(list(pools)) for _ in range(ROWS)]
        slow = chance.randrange(ROWS) if planted else None
        if slow is not None:
            names[slow] = chance.choice(planted)
        changes = {slow: slowdown}

        def asked(places: Sequence[int], again: bool) -> list[int]:
            rows = [
                draw(pools[names[place]], invocations, changes.get(place, 0.0), chance)  # noqa: B023
                for place in places
            ]
            found = rule(rows, again)
            return [place for place, worse in zip(places, found, strict=True) if worse]

        suspects = asked(range(ROWS), again=False)
        confirmed = asked(suspects, again=True) if suspects else []
        result.comparisons += 1
        result.found += slow in confirmed
        result.suspicions += bool(set(suspects) - {slow})
        result.false_alarms += bool(set(confirmed) - {slow})
    return result


def main(pools: Pools, design: Design) -> None:
    """Print the tables."""
    print(f"\n{design.title}: slowdowns found, of {COMPARISONS} comparisons of {ROWS} rows each")
    heading = "  ".join(f"{one:>5.0%}" for one in SLOWDOWNS)
    print(f"rule    invocations  planted in            {heading}")
    for name, rule in RULES.items():
        for invocations in design.invocations:
            for kind, planted in in_classes(pools).items():
                found = [
                    score(pools, design.draw, rule, slowdown, invocations, planted)
                    for slowdown in SLOWDOWNS
                ]
                shares = "  ".join(f"{one.found / one.comparisons:>5.0%}" for one in found)
                print(f"{name:7s} {invocations:11d}  {kind:20s}  {shares}", flush=True)
    print(f"\n{design.title}: comparisons of {ROWS} rows with a false alarm")
    print("rule    invocations   once  twice")
    for name, rule in RULES.items():
        for invocations in design.invocations:
            nothing = score(pools, design.draw, rule, 0.0, invocations, ())
            alarms = (nothing.suspicions, nothing.false_alarms)
            words = "  ".join(f"{count / nothing.comparisons:>5.1%}" for count in alarms)
            print(f"{name:7s} {invocations:11d}  {words}", flush=True)
