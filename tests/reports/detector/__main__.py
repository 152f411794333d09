"""`python -m tests.reports.detector [RUN ...]`: what is found of planted slowdowns.

Without runs, in the series that lie in `tests/data/unchanged`; a run has to be one of HEAD against
itself (`tox -e bench -- --against HEAD`).
"""

import sys
from pathlib import Path

from tests.reports.detector import changes, comparisons
from tests.reports.detector.pools import read_pools, spread, stored_pools, values


def main(folders: list[Path]) -> None:
    """Print the tables of comparisons and of histories."""
    pools = read_pools(folders) if folders else stored_pools()
    print("series, its invocations, and the standard deviation of their logarithms")
    for name, pairs in pools.items():
        print(f"  {name}: {len(values(pairs))}, {spread(pairs):.1%}")
    comparisons.main(pools)
    changes.main(pools)


if __name__ == "__main__":
    main([Path(folder) for folder in sys.argv[1:]])
