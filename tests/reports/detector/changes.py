"""Whether change points are found: runs drawn from series in which nothing changed, one slowdown.

A history has 30 runs of one series; each run has its invocations drawn from the series at random.
From some run between the 10th and the 20th on, every invocation is slower by so much. It is found
if a change for the worse is named within 2 runs of that; any change in a history without one is a
false alarm. Beside it stands the rule of a fixed ratio: a run is slower than the one before it.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median

from reports.history.changes import change_points
from reports.history.series import histories
from reports.metrics import METRICS
from tests.reports.conftest import make_invocations
from tests.reports.detector.pools import Pair, Pools, in_classes, values

RUNS = 30
HISTORIES = 60
WITHIN = 2
SLOWDOWNS = (0.03, 0.05, 0.10, 0.20)
INVOCATIONS = (3, 10)
SEED = 2


@dataclass(frozen=True)
class Simulated:
    """The throughputs of each run's invocations, and from which run on they are slower."""

    runs: Sequence[Sequence[float]]
    place: int


def simulated(pairs: Sequence[Pair], slowdown: float, invocations: int, seed: str) -> Simulated:
    """A history of one series."""
    generator, pool = random.Random(seed), values(pairs)
    place = generator.randrange(10, 20)
    runs = [
        [value / (1 + slowdown if number >= place else 1) for value in drawn]
        for number, drawn in enumerate(generator.choices(pool, k=invocations) for _ in range(RUNS))
    ]
    return Simulated(runs, place)


def found_by_us(history: Simulated) -> list[int]:
    """The runs from which on it is slower or faster, as the page of the history names them."""
    records = [
        record
        for number, speeds in enumerate(history.runs)
        for record in make_invocations(
            "pytorch",
            speeds,
            run=f"run-{number:02d}",
            started=f"2026-01-{1 + number:02d}T00:00:00+00:00",
            commit=f"{number:040d}",
        )
    ]
    (only,) = histories(records)
    return [change.after.place for change in change_points(only, METRICS[0])]


def found_by_ratio(history: Simulated, least: float) -> list[int]:
    """The runs that are slower than the run before by more than so much."""
    middles = [median(speeds) for speeds in history.runs]
    return [
        number
        for number in range(1, len(middles))
        if middles[number] < middles[number - 1] / (1 + least)
    ]


RULES: dict[str, Callable[[Simulated], list[int]]] = {
    "ours": found_by_us,
    "7 %": lambda history: found_by_ratio(history, 0.07),
    "200 %": lambda history: found_by_ratio(history, 1.0),
}


def main(pools: Pools) -> None:
    """Print the tables."""
    print(f"\nchange points found within {WITHIN} runs, of {HISTORIES} histories of {RUNS} runs")
    print("rule    invocations  planted in            " + _percents(SLOWDOWNS))
    for rule, find in RULES.items():
        for invocations in INVOCATIONS:
            for title, names in in_classes(pools).items():
                shares = []
                for slowdown in SLOWDOWNS:
                    hits = [
                        any(abs(one - history.place) <= WITHIN for one in find(history))
                        for history in _histories(pools, names, slowdown, invocations)
                    ]
                    shares.append(sum(hits) / len(hits))
                print(f"{rule:7s} {invocations:11d}  {title:20s}  {_percents(shares)}", flush=True)
    print(f"\nhistories in which nothing changed with any change, of {HISTORIES}")
    print("rule    invocations  false alarms")
    for rule, find in RULES.items():
        for invocations in INVOCATIONS:
            alarms = [
                bool(find(history)) for history in _histories(pools, list(pools), 0.0, invocations)
            ]
            print(f"{rule:7s} {invocations:11d}  {sum(alarms) / len(alarms):12.0%}", flush=True)


def _histories(
    pools: Pools, names: Sequence[str], slowdown: float, invocations: int
) -> list[Simulated]:
    chosen = [names[number % len(names)] for number in range(HISTORIES)]
    return [
        simulated(pools[name], slowdown, invocations, f"{SEED} {number} {slowdown} {invocations}")
        for number, name in enumerate(chosen)
    ]


def _percents(shares: Sequence[float]) -> str:
    return "  ".join(f"{share:>5.0%}" for share in shares)
