"""What comparisons find, and how often they cry wolf: `python -m tests.reports.detector [RUN ...]`.

The series are real: runs of this project in which nothing changed, HEAD against itself
(`tests/data/unchanged`, or the runs that are named). A slowdown is planted in them by making each
invocation of one row slower by so much; then the same decisions are made that
`python -m reports compare` makes. A comparison has 50 rows, each drawn from the series; its
invocations are dealt out to BASE and HEAD anew each time, as chance might have had it.

A row is found if HEAD is called slower in it, and again when it is run again; any other row that
is called different twice is a false alarm. Beside it stand the rules of other tools, on the same
numbers: a fixed ratio of the two medians.
"""

import json
import random
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median, stdev

import numpy as np

from reports.compare.effects import adjusted, is_change, probability
from reports.compare.outcome import LEAST
from reports.runs import read

UNCHANGED = Path(__file__).parents[1] / "data" / "unchanged"
ROWS = 50
COMPARISONS = 200
SLOWDOWNS = (0.03, 0.05, 0.10, 0.20)
INVOCATIONS = (5, 10)
SEED = 1
# The largest standard deviation of the logarithms of each class of series.
CLASSES = {"steady (below 2 %)": 0.02, "usual (2 to 5 %)": 0.05, "wild (above 5 %)": 10.0}

Pools = dict[str, list[float]]
# Whether HEAD is slower, of each row: what stands on each side by rows.
Rule = Callable[[Sequence["Row"]], list[bool]]


@dataclass(frozen=True)
class Row:
    """The invocations' medians of one row on both sides."""

    base: Sequence[float]
    head: Sequence[float]

    @property
    def ratio(self) -> float:
        """HEAD by BASE."""
        return median(self.head) / median(self.base)


def ours(rows: Sequence[Row]) -> list[bool]:
    """As `reports.compare.effects` judges rows."""
    chances = adjusted([probability(row.base, row.head) for row in rows])
    return [
        is_change(chance, row.ratio, LEAST) and row.ratio < 1
        for chance, row in zip(chances, rows, strict=True)
    ]


def fixed_ratio(least: float) -> Rule:
    """Slower by more than so much, whatever the noise."""
    return lambda rows: [row.ratio < 1 - least for row in rows]


# github-action-benchmark alerts at 200 % of the time of the run before; pytest-benchmark's users
# compare with --benchmark-compare-fail=median:7%.
RULES: dict[str, Rule] = {
    "ours": ours,
    "7 %": fixed_ratio(1 - 1 / 1.07),
    "200 %": fixed_ratio(0.5),
}


@dataclass
class Score:
    """How many of the planted rows were found, and how many comparisons had a false alarm."""

    planted: int = 0
    found: int = 0
    comparisons: int = 0
    false_alarms: int = 0
    suspicions: int = 0

    @property
    def share(self) -> str:
        """Of the planted rows those that were found."""
        return f"{self.found / self.planted:.0%}" if self.planted else "-"


def deal(pool: Sequence[float], invocations: int, generator: random.Random) -> Row:
    """Invocations of a series for both sides, as chance has it."""
    chosen = generator.sample(list(pool), 2 * invocations)
    return Row(chosen[:invocations], chosen[invocations:])


def slowed(row: Row, slowdown: float) -> Row:
    """The row with a HEAD that takes so much more time."""
    return Row(row.base, [value / (1 + slowdown) for value in row.head])


def score(
    pools: Pools, rule: Rule, slowdown: float, invocations: int, planted: Sequence[str]
) -> Score:
    """The rule in COMPARISONS comparisons with a slowdown in one row, out of the `planted` series.

    What is suspected is dealt again and asked again, as `--against` runs it again.
    """
    generator = random.Random(f"{SEED} {slowdown} {invocations}")
    result, names = Score(), list(pools)
    for _ in range(COMPARISONS):
        slow = generator.randrange(ROWS)
        series = [generator.choice(names) for _ in range(ROWS)]
        if planted:
            series[slow] = generator.choice(planted)
        changes = [slowdown if planted and place == slow else 0.0 for place in range(ROWS)]

        def measured(
            places: Sequence[int], series: list[str] = series, changes: list[float] = changes
        ) -> list[Row]:
            return [
                slowed(deal(pools[series[place]], invocations, generator), changes[place])
                for place in places
            ]

        first = rule(measured(range(ROWS)))
        suspects = [place for place, worse in enumerate(first) if worse]
        second = rule(measured(suspects)) if suspects else []
        confirmed = [place for place, worse in zip(suspects, second, strict=True) if worse]
        result.comparisons += 1
        result.planted += bool(planted)
        result.found += bool(planted) and slow in confirmed
        result.suspicions += any(place != slow or not planted for place in suspects)
        result.false_alarms += any(place != slow or not planted for place in confirmed)
    return result


def read_pools(folders: Sequence[Path]) -> Pools:
    """The throughput of each invocation by series, in the order in which they ran."""
    pools: Pools = {}
    for folder in folders:
        for record in read(folder).records:
            rates = [block.samples / block.seconds for block in record.measured_blocks]
            if record.status == "ok" and rates:
                name = f"{folder.name} {record.trial.series}"
                pools.setdefault(name, []).append(float(np.median(rates)))
    return pools


def stored_pools() -> Pools:
    """Those that lie in the project."""
    pools: Pools = {}
    for file in sorted(UNCHANGED.glob("*.json")):
        document = json.loads(file.read_text("utf-8"))
        pools |= {f"{file.stem} {name}": found for name, found in document["series"].items()}
    return pools


def spread(pool: Sequence[float]) -> float:
    """Standard deviation of the logarithms."""
    return stdev(np.log(pool).tolist())


def class_of(pool: Sequence[float]) -> str:
    """How much a series' invocations differ."""
    return next(name for name, most in CLASSES.items() if spread(pool) <= most)


def main(folders: list[Path]) -> None:
    """Print the tables."""
    pools = read_pools(folders) if folders else stored_pools()
    print("series, its invocations, and the standard deviation of their logarithms")
    for name, pool in pools.items():
        print(f"  {name}: {len(pool)}, {spread(pool):.1%}")
    classes = {"all": list(pools)} | {
        name: [one for one, pool in pools.items() if class_of(pool) == name] for name in CLASSES
    }
    print(f"\nslowdowns found, of {COMPARISONS} comparisons of {ROWS} rows each")
    print(
        "rule    invocations  planted in            "
        + "  ".join(f"{one:>5.0%}" for one in SLOWDOWNS)
    )
    for rule, invocations in ((rule, count) for rule in RULES for count in INVOCATIONS):
        usable = {name: pool for name, pool in pools.items() if len(pool) >= 2 * invocations}
        for title, planted in classes.items():
            chosen = [name for name in planted if name in usable]
            if not chosen:
                continue
            found = [
                score(usable, RULES[rule], slowdown, invocations, chosen) for slowdown in SLOWDOWNS
            ]
            shares = "  ".join(f"{one.share:>5}" for one in found)
            print(f"{rule:7s} {invocations:11d}  {title:20s}  {shares}", flush=True)
    print(f"\nfalse alarms, of {COMPARISONS} comparisons of {ROWS} rows in which nothing changed")
    print("rule    invocations  suspicions  confirmed")
    for rule, invocations in ((rule, count) for rule in RULES for count in INVOCATIONS):
        usable = {name: pool for name, pool in pools.items() if len(pool) >= 2 * invocations}
        if usable:
            nothing = score(usable, RULES[rule], 0.0, invocations, ())
            print(
                f"{rule:7s} {invocations:11d}  {nothing.suspicions / COMPARISONS:10.1%}  "
                f"{nothing.false_alarms / COMPARISONS:9.1%}",
                flush=True,
            )


if __name__ == "__main__":
    main([Path(folder) for folder in sys.argv[1:]])
