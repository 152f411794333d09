"""What tells runs apart that are called the same: two machines may start a plan in one second."""

import hashlib
import json
from collections.abc import Iterable

import msgspec

from bench.records.results import Record

DIGITS = 16


def make_run_key(first: Record) -> str:
    """16 hexadecimal digits that a run has wherever its records are, however far it has come.

    Made from the run's first record, and in it from what was measured: no two processes take the
    same nanoseconds. What a later version of samestep adds to a record does not change it.
    """
    seconds = [[block.steps, block.seconds] for block in first.blocks]
    times = msgspec.to_builtins(first.seconds)
    facts = [first.run, first.started, first.trial.id, first.machine, times, seconds]
    text = json.dumps(facts, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:DIGITS]


def make_run_keys(records: Iterable[Record]) -> dict[str, str]:
    """The key of each run by its name; the records are in the order in which they were written."""
    firsts: dict[str, Record] = {}
    for record in records:
        firsts.setdefault(record.run, record)
    return {name: make_run_key(first) for name, first in firsts.items()}
