"""Whether change points are found: runs drawn from series in which nothing changed, one slowdown.

A history has 30 runs of one series; each run has its invocations drawn from the series at random:
of one revision, which ran by itself, or pairs of it and of a reference, which took turns. From some
run between the 10th and the 20th on, every invocation (but the reference's) is slower by so much.
It is found if a change for the worse is named within 2 runs of that; any change in a history
without one is a false alarm. Beside it stands the rule of a fixed ratio: a run is slower than the
one before it.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from statistics import median

from bench.records.parts import TimedBlock
from bench.records.results import Record
from reports.history.changes import change_points
from reports.history.series import collect_histories
from reports.ranking.metrics import BY_PARTNER, METRICS
from tests.reports.conftest import make_record
from tests.reports.detector.pools import Pair, Pools, in_classes

RUNS = 30
HISTORIES = 60
WITHIN = 2
SLOWDOWNS = (0.03, 0.05, 0.10, 0.20)
INVOCATIONS = (3, 10)
SEED = 2
REFERENCE = "f" * 40


@dataclass(frozen=True)
class Simulated:
    """A history.

    Attributes:
        runs: of each run the pairs; where nothing took turns, the invocations are their heads.
        place: the run from which on they are slower.
        in_turns: whether the base of a pair is the reference.
    """

    runs: Sequence[Sequence[Pair]]
    place: int
    in_turns: bool


def simulated(
    pairs: Sequence[Pair], slowdown: float, invocations: int, seed: str, in_turns: bool
) -> Simulated:
    """A history of one series."""
    generator = random.Random(seed)
    place = generator.randrange(10, 20)
    either = [*pairs, *(pair.swapped for pair in pairs)]
    drawn = [generator.choices(either, k=invocations) for _ in range(RUNS)]
    runs = [
        [_slower(pair, slowdown if number >= place else 0.0) for pair in pairs_of_run]
        for number, pairs_of_run in enumerate(drawn)
    ]
    return Simulated(runs, place, in_turns)


def _slower(pair: Pair, slowdown: float) -> Pair:
    return Pair(pair.base, tuple(rate / (1 + slowdown) for rate in pair.head))


def found_by_us(history: Simulated) -> list[int]:
    """The runs from which on it is slower or faster, as the page of the history names them."""
    records = [
        record
        for number, pairs in enumerate(history.runs)
        for repeat, pair in enumerate(pairs, start=1)
        for record in _records(pair, number, repeat, history.in_turns)
    ]
    (only,) = collect_histories(records)
    metric = BY_PARTNER if history.in_turns else METRICS[0]
    return [change.after.place for change in change_points(only, metric)]


def _records(pair: Pair, number: int, repeat: int, in_turns: bool) -> list[Record]:
    started = f"2026-01-{1 + number:02d}T00:00:00+00:00"
    head = make_record(
        run=f"run-{number:02d}",
        started=started,
        commit=f"{number:040d}",
        repeat=repeat,
        blocks=_blocks(pair.head),
    )
    if not in_turns:
        return [head]
    trial = replace(head.trial, revision=REFERENCE)
    base = replace(head, trial=trial, commit=REFERENCE, blocks=_blocks(pair.base))
    return [
        replace(head, in_turns_with=base.trial.id),
        replace(base, in_turns_with=head.trial.id),
    ]


def _blocks(rates: Sequence[float]) -> tuple[TimedBlock, ...]:
    return tuple(
        TimedBlock(steps=1, samples=100, seconds=100 / rate, warmup=False) for rate in rates
    )


def found_by_ratio(history: Simulated, least: float) -> list[int]:
    """The runs that are slower than the run before by more than so much."""
    middles = [median(pair.medians[1] for pair in pairs) for pairs in history.runs]
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


def main(pools: Pools, title: str, in_turns: bool) -> None:
    """Print the tables."""
    # Other tools know no reference.
    rules = {"ours": RULES["ours"]} if in_turns else RULES
    print(f"\n{title}: changes found within {WITHIN} runs, of {HISTORIES} histories of {RUNS} runs")
    print("rule    invocations  planted in            " + _percents(SLOWDOWNS))
    for rule, find in rules.items():
        for invocations in INVOCATIONS:
            for kind, names in in_classes(pools).items():
                shares = []
                for slowdown in SLOWDOWNS:
                    hits = [
                        any(abs(one - history.place) <= WITHIN for one in find(history))
                        for history in _histories(pools, names, slowdown, invocations, in_turns)
                    ]
                    shares.append(sum(hits) / len(hits))
                print(f"{rule:7s} {invocations:11d}  {kind:20s}  {_percents(shares)}", flush=True)
    print(f"\n{title}: histories in which nothing changed with any change, of {HISTORIES}")
    print("rule    invocations  false alarms")
    for rule, find in rules.items():
        for invocations in INVOCATIONS:
            alarms = [
                bool(find(history))
                for history in _histories(pools, list(pools), 0.0, invocations, in_turns)
            ]
            print(f"{rule:7s} {invocations:11d}  {sum(alarms) / len(alarms):12.0%}", flush=True)


def _histories(
    pools: Pools, names: Sequence[str], slowdown: float, invocations: int, in_turns: bool
) -> list[Simulated]:
    chosen = [names[number % len(names)] for number in range(HISTORIES)]
    seeds = [f"{SEED} {number} {slowdown} {invocations}" for number in range(HISTORIES)]
    return [
        simulated(pools[name], slowdown, invocations, seed, in_turns)
        for name, seed in zip(chosen, seeds, strict=True)
    ]


def _percents(shares: Sequence[float]) -> str:
    return "  ".join(f"{share:>5.0%}" for share in shares)
