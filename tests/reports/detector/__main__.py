"""`python -m tests.reports.detector [RUN ...]`: what is found of planted slowdowns.

Without runs, in the series that lie in `tests/data/unchanged`. A run has to be one in which nothing
changes: of HEAD against itself (`tox -e bench -- --against HEAD`), or of HEAD alone.
"""

import sys
from pathlib import Path

from tests.reports.detector import changes, comparisons, drifts
from tests.reports.detector.pools import (
    Pools,
    Unchanged,
    read_run,
    spread,
    stored,
    values,
)


def main(folders: list[Path]) -> None:
    """Print the tables of comparisons and of histories."""
    unchanged = _of(folders) if folders else stored()
    for pools, design in (
        (unchanged.in_turns, comparisons.IN_TURNS),
        (unchanged.apart, comparisons.APART),
    ):
        if pools:
            _print_series(design.title, pools)
            comparisons.main(pools, design)
            changes.main(pools, design.title, pools is unchanged.in_turns)
    drifts.main()


def _of(folders: list[Path]) -> Unchanged:
    found = Unchanged({}, {})
    for folder in folders:
        run = read_run(folder)
        for pools, own in ((found.in_turns, run.in_turns), (found.apart, run.apart)):
            pools.update({f"{folder.name} {name}": pairs for name, pairs in own.items()})
    return found


def _print_series(title: str, pools: Pools) -> None:
    print(f"\nseries, {title}: invocations, and the standard deviation of their logarithms")
    for name, pairs in pools.items():
        print(f"  {name}: {len(values(pairs))}, {spread(pairs):.1%}")


if __name__ == "__main__":
    main([Path(folder) for folder in sys.argv[1:]])
