"""Series in which nothing changed: what detection is tried on."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from reports.runs import read

UNCHANGED = Path(__file__).parents[2] / "data" / "unchanged"
# The largest standard deviation of the logarithms of each class of series.
CLASSES = {"steady (below 2 %)": 0.02, "usual (2 to 5 %)": 0.05, "wild (above 5 %)": 10.0}

# By series, in the order in which they ran: the throughputs of BASE and HEAD, which are the same
# code, of one round.
Pairs = list[tuple[float, float]]
Pools = dict[str, Pairs]


def read_pools(folders: Sequence[Path]) -> Pools:
    """The series of runs of HEAD against itself (`--against HEAD`)."""
    pools: Pools = {}
    for folder in folders:
        sides: dict[tuple[str, int], dict[bool, float]] = {}
        for record in read(folder).records:
            rates = [block.samples / block.seconds for block in record.measured_blocks]
            if record.status == "ok" and rates:
                place = sides.setdefault((record.trial.series, record.trial.repeat), {})
                place[bool(record.trial.revision)] = float(np.median(rates))
        for (series, _), found in sides.items():
            if len(found) == 2:
                pools.setdefault(f"{folder.name} {series}", []).append((found[True], found[False]))
    return pools


def stored_pools() -> Pools:
    """Those that lie in the project."""
    pools: Pools = {}
    for file in sorted(UNCHANGED.glob("*.json")):
        document = json.loads(file.read_text("utf-8"))
        for name, pairs in document["series"].items():
            pools[f"{file.stem} {name}"] = [(base, head) for base, head in pairs]
    return pools


def values(pairs: Pairs) -> list[float]:
    """All of them, whichever side they were on."""
    return [value for pair in pairs for value in pair]


def spread(pairs: Pairs) -> float:
    """Standard deviation of the logarithms."""
    return float(np.std(np.log(values(pairs)), ddof=1))


def class_of(pairs: Pairs) -> str:
    """How much a series' invocations differ."""
    return next(name for name, most in CLASSES.items() if spread(pairs) <= most)


def in_classes(pools: Pools) -> dict[str, list[str]]:
    """The names of all series, and of those of each class that has any."""
    found = {"all": list(pools)}
    for name in CLASSES:
        if own := [one for one, pairs in pools.items() if class_of(pairs) == name]:
            found[name] = own
    return found
