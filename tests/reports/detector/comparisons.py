"""Whether a comparison finds a slowdown, and how often it cries wolf.

A comparison has 50 rows, each drawn from the series in which nothing changed; its invocations are
dealt out to BASE and HEAD at random, as chance might have had it. In one row every invocation of
HEAD is slower by so much. It is found if HEAD is called slower in that row, and called slower again
when it is run again, as `--against` does; any other row that is called slower twice is a false
alarm. Beside it stand the rules of other tools, on the same numbers.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median

from bench.suite.verdict import FALSE_ALARMS_PERCENT
from reports.compare.effects import adjusted, is_change, probability
from reports.compare.outcome import LEAST
from tests.reports.detector.pools import Pools, in_classes, values

ROWS = 50
COMPARISONS = 200
SLOWDOWNS = (0.03, 0.05, 0.10, 0.20)
INVOCATIONS = (5, 10)
SEED = 1


@dataclass(frozen=True)
class Row:
    """The invocations' throughputs of one row on both sides."""

    base: Sequence[float]
    head: Sequence[float]

    @property
    def ratio(self) -> float:
        """HEAD by BASE."""
        return median(self.head) / median(self.base)


# Whether HEAD is slower, of each of the rows that are asked at once.
Rule = Callable[[Sequence[Row]], list[bool]]


def ours(rows: Sequence[Row]) -> list[bool]:
    """As `reports.compare.effects` judges rows, and `--against` asks it to."""
    chances = adjusted([probability(row.base, row.head) for row in rows])
    return [
        is_change(chance, row.ratio, LEAST, FALSE_ALARMS_PERCENT / 100) and row.ratio < 1
        for chance, row in zip(chances, rows, strict=True)
    ]


def fixed_ratio(least: float) -> Rule:
    """Taking so much more time, whatever the noise."""
    return lambda rows: [row.ratio < 1 / (1 + least) for row in rows]


# pytest-benchmark's users compare with --benchmark-compare-fail=median:7%; github-action-benchmark
# alerts where a time is 200 % of the one before.
RULES: dict[str, Rule] = {"ours": ours, "7 %": fixed_ratio(0.07), "200 %": fixed_ratio(1.0)}


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


def deal(pool: Sequence[float], invocations: int, slowdown: float, chance: random.Random) -> Row:
    """Invocations of a series for both sides, HEAD's slower by so much."""
    chosen = chance.sample(list(pool), 2 * invocations)
    head = [value / (1 + slowdown) for value in chosen[invocations:]]
    return Row(chosen[:invocations], head)


def score(
    pools: Pools, rule: Rule, slowdown: float, invocations: int, planted: Sequence[str]
) -> Score:
    """The rule in COMPARISONS comparisons, each with a slowdown in one of the `planted` series.

    What is suspected is dealt out again and asked again by itself.
    """
    chance = random.Random(f"{SEED} {slowdown} {invocations}")
    speeds = {name: values(pairs) for name, pairs in pools.items()}
    result = Score()
    for _ in range(COMPARISONS):
        names = [chance.choice(list(pools)) for _ in range(ROWS)]
        slow = chance.randrange(ROWS) if planted else None
        if slow is not None:
            names[slow] = chance.choice(planted)
        changes = {slow: slowdown}

        def asked(places: Sequence[int]) -> list[int]:
            rows = [
                deal(speeds[names[place]], invocations, changes.get(place, 0.0), chance)  # noqa: B023
                for place in places
            ]
            return [place for place, worse in zip(places, rule(rows), strict=True) if worse]

        suspects = asked(range(ROWS))
        confirmed = asked(suspects) if suspects else []
        result.comparisons += 1
        result.found += slow in confirmed
        result.suspicions += bool(set(suspects) - {slow})
        result.false_alarms += bool(set(confirmed) - {slow})
    return result


def main(pools: Pools) -> None:
    """Print the tables."""
    print(f"\nslowdowns found, of {COMPARISONS} comparisons of {ROWS} rows each")
    heading = "  ".join(f"{one:>5.0%}" for one in SLOWDOWNS)
    print(f"rule    invocations  planted in            {heading}")
    for name, rule in RULES.items():
        for invocations in INVOCATIONS:
            usable = _usable(pools, invocations)
            for title, planted in in_classes(usable).items():
                found = [
                    score(usable, rule, slowdown, invocations, planted) for slowdown in SLOWDOWNS
                ]
                shares = "  ".join(f"{one.found / one.comparisons:>5.0%}" for one in found)
                print(f"{name:7s} {invocations:11d}  {title:20s}  {shares}", flush=True)
    print(f"\ncomparisons of {ROWS} rows with a row called slower, where nothing changed")
    print("rule    invocations   once  twice")
    for name, rule in RULES.items():
        for invocations in INVOCATIONS:
            usable = _usable(pools, invocations)
            nothing = score(usable, rule, 0.0, invocations, ())
            alarms = (nothing.suspicions, nothing.false_alarms)
            words = "  ".join(f"{count / nothing.comparisons:>5.1%}" for count in alarms)
            print(f"{name:7s} {invocations:11d}  {words}", flush=True)


def _usable(pools: Pools, invocations: int) -> Pools:
    """The series that have invocations enough for both sides."""
    return {name: pairs for name, pairs in pools.items() if len(pairs) >= invocations}
