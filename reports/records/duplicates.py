"""Trials that are there more than once: a copied file, or a trial that was tried again."""

from collections import defaultdict
from collections.abc import Sequence

from bench.records.results import Record

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
    lines = [_line(members) for members in doubled[:MOST_NAMED]]
    if len(doubled) > MOST_NAMED:
        lines.append(f"{len(doubled) - MOST_NAMED} more trials are there more than once, likewise.")
    return [_kept(members) for members in groups.values()], lines


def _kept(members: Sequence[Record]) -> Record:
    finished = [record for record in members if record.status == "ok"]
    return (finished or members)[-1]


def _line(members: Sequence[Record]) -> str:
    kept = _kept(members)
    statuses = ", ".join(record.status for record in members)
    which = "the last one that finished" if kept.status == "ok" else "the last one"
    return (
        f"Trial {kept.trial.id} of run {kept.run} is there {len(members)} times ({statuses}): "
        f"{which} counts."
    )
