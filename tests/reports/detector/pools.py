"""Series in which nothing changed: what detection is tried on.

Their runs compared a revision with itself (`--against HEAD`), so that each round of a series has
two invocations of the same code, BASE and HEAD by name. Where these took turns, block by block, a
file keeps all blocks; where they ran one after the other, the medians.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from bench.records.results import Record
from reports.runs.loading import read_runs
from reports.trials import alternating

UNCHANGED = Path(__file__).parents[2] / "data" / "unchanged"
# The largest standard deviation of the logarithms of each class of series.
CLASSES = {"steady (below 2 %)": 0.02, "usual (2 to 5 %)": 0.05, "wild (above 5 %)": 10.0}
DIGITS = 5


@dataclass(frozen=True)
class Pair:
    """Throughputs of the blocks of two invocations of one round, or the median of each."""

    base: tuple[float, ...]
    head: tuple[float, ...]

    @cached_property
    def medians(self) -> tuple[float, float]:
        """One value for each invocation."""
        return float(np.median(self.base)), float(np.median(self.head))

    @cached_property
    def swapped(self) -> "Pair":
        """As if the other side had been BASE."""
        return Pair(self.head, self.base)

    @cached_property
    def value(self) -> float:
        """What its blocks come to, as `reports.trials.alternating` has it."""
        return alternating.average_ratios(np.log(self.head) - np.log(self.base))


# By series, in the order in which they ran.
Pools = dict[str, list[Pair]]


@dataclass(frozen=True)
class Unchanged:
    """Series of two ways to measure two sides: in turns, and one after the other."""

    in_turns: Pools
    apart: Pools


def read_run(folder: Path) -> Unchanged:
    """The series of a run in which nothing changed: of HEAD against itself, or of HEAD alone."""
    records = [record for record in read_runs(folder).records if record.status == "ok"]
    in_turns = {(record.trial.id, record.in_turns_with): record for record in records}
    found = Unchanged({}, {})
    alone: dict[str, list[Record]] = {}
    for record in records:
        series = record.trial.series
        if record.in_turns_with is None:
            alone.setdefault(series, []).append(record)
        elif record.trial.revision and (record.in_turns_with, record.trial.id) in in_turns:
            pair = _pair(record, in_turns[record.in_turns_with, record.trial.id])
            found.in_turns.setdefault(series, []).append(pair)
    for series, own in alone.items():
        found.apart[series] = [
            Pair((_median(one),), (_median(other),))
            for one, other in zip(own[::2], own[1::2], strict=False)
        ]
    return found


def _median(record: Record) -> float:
    return float(np.median([block.samples / block.seconds for block in record.measured_blocks]))


def _pair(base: Record, head: Record) -> Pair:
    both = [
        (old, new)
        for old, new in zip(base.blocks, head.blocks, strict=False)
        if not (old.warmup or new.warmup)
    ]
    rates = ([block.samples / block.seconds for block in side] for side in zip(*both, strict=True))
    return Pair(*(tuple(float(f"{rate:.{DIGITS}g}") for rate in side) for side in rates))


def stored() -> Unchanged:
    """Those that lie in the project."""
    pools = {True: Pools(), False: Pools()}
    for file in sorted(UNCHANGED.glob("*.json")):
        document = json.loads(file.read_text("utf-8"))
        for name, pairs in document["series"].items():
            pools[document["in turns"]][f"{file.stem} {name}"] = [
                Pair(*(tuple(side) for side in pair)) for pair in pairs
            ]
    return Unchanged(pools[True], pools[False])


def write(pools: Pools, facts: Mapping[str, Any], file: Path) -> None:
    """Store the series of a run in which two sides took turns, one pair a line.

    Args:
        facts: what, which machine, when.
    """
    series = ",\n".join(
        f"  {json.dumps(name)}: [\n"
        + ",\n".join(f"   {json.dumps([pair.base, pair.head])}" for pair in pairs)
        + "]"
        for name, pairs in pools.items()
    )
    head = "".join(f" {json.dumps(key)}: {json.dumps(value)},\n" for key, value in facts.items())
    file.write_text(f'{{\n{head} "in turns": true,\n "series": {{\n{series}\n }}\n}}\n', "utf-8")


def values(pairs: Sequence[Pair]) -> list[float]:
    """Of all invocations, whichever side they were on."""
    return [value for pair in pairs for value in pair.medians]


def spread(pairs: Sequence[Pair]) -> float:
    """Standard deviation of the logarithms of all invocations."""
    return float(np.std(np.log(values(pairs)), ddof=1))


def class_of(pairs: Sequence[Pair]) -> str:
    """How much a series' invocations differ."""
    return next(name for name, most in CLASSES.items() if spread(pairs) <= most)


def in_classes(pools: Pools) -> dict[str, list[str]]:
    """The names of all series, and of those of each class that has some of them."""
    found = {"all": list(pools)}
    for name in CLASSES:
        own = [one for one, pairs in pools.items() if class_of(pairs) == name]
        if 0 < len(own) < len(pools):
            found[name] = own
    return found
