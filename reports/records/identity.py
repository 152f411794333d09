"""Which records, runs and parts are the same: of a copied file, or of a trial tried again.

Runs may be called the same and be others: two machines may start a plan in one second.
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import TypeVar

import msgspec

from bench.records.results import Record

Part = TypeVar("Part")

KEY_DIGITS = 16

# A copied run doubles all of its trials: a few are named, the rest is counted.
MOST_NAMED = 5


def drop_duplicates(records: Sequence[Record]) -> tuple[list[Record], list[str]]:
    """The records with each trial of a run once, and a line for each that was there more often.

    The last one that finished counts, or the last one where none did. It takes the first one's
    place. Equal trials of different runs are repetitions, and all of them stay.
    """
    groups: dict[tuple[str, str], list[Record]] = defaultdict(list)
    for record in records:
        groups[record.run, record.trial.id].append(record)
    doubled = [members for members in groups.values() if len(members) > 1]
    lines = [_describe(members) for members in doubled[:MOST_NAMED]]
    if len(doubled) > MOST_NAMED:
        lines.append(f"{len(doubled) - MOST_NAMED} more trials are there more than once, likewise.")
    return [_choose(members) for members in groups.values()], lines


def make_run_key(first: Record) -> str:
    """16 hexadecimal digits that a run has wherever its records are, however far it has come.

    Made from the run's first record, and in it from what was measured: no two processes take the
    same nanoseconds. What a later version of samestep adds to a record does not change it.
    """
    seconds = [[block.steps, block.seconds] for block in first.blocks]
    times = msgspec.to_builtins(first.seconds)
    facts = [first.run, first.started, first.trial.id, first.machine, times, seconds]
    text = json.dumps(facts, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:KEY_DIGITS]


def make_run_keys(records: Iterable[Record]) -> dict[str, str]:
    """The key of each run by its name; the records are in the order in which they were written."""
    firsts: dict[str, Record] = {}
    for record in records:
        firsts.setdefault(record.run, record)
    return {name: make_run_key(first) for name, first in firsts.items()}


def keep_distinct(parts: Iterable[Part]) -> list[Part]:
    """Return each of few parts that many records share once, in order of appearance.

    What a reader made one object is told by a look, what is only equal by its content.
    """
    unique: list[Part] = []
    for part in parts:
        if part not in unique:
            unique.append(part)
    return unique


def _choose(members: Sequence[Record]) -> Record:
    finished = [record for record in members if record.status == "ok"]
    return (finished or members)[-1]


def _describe(members: Sequence[Record]) -> str:
    choice = _choose(members)
    statuses = ", ".join(record.status for record in members)
    which = "the last one that finished" if choice.status == "ok" else "the last one"
    return (
        f"Trial {choice.trial.id} of run {choice.run} is there {len(members)} times ({statuses}): "
        f"{which} counts."
    )
