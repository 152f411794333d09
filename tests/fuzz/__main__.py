"""`python -m tests.fuzz`: feeds readers with files that are nearly right, and keeps count."""

import argparse
import resource
import sys
import tempfile
from pathlib import Path
from time import perf_counter

from rich.console import Console
from rich.table import Table

from tests.fuzz.running import Found, feed
from tests.fuzz.targets import TARGETS

MEBIBYTE = 2**20


def main() -> int:
    """The exit status: 0 where nothing but the project's own errors came out."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument(
        "--inputs", type=int, default=110_000, metavar="N", help="of all readers together"
    )
    parser.add_argument("--seed", type=int, default=1, metavar="N")
    parser.add_argument("targets", nargs="*", help="names of readers (default: all)")
    options = parser.parse_args()
    chosen = [one for one in TARGETS if not options.targets or one.name in options.targets]
    start, found = perf_counter(), []
    with tempfile.TemporaryDirectory(prefix="samestep-fuzz-") as folder:
        for target in chosen:
            found.append(feed(target, Path(folder), options.inputs // len(chosen), options.seed))
    _print(found, options.seed)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / MEBIBYTE
    print(
        f"{sum(one.inputs for one in found):,} inputs in {perf_counter() - start:,.0f} s; "
        f"{peak:,.0f} MiB resident at most"
    )
    return 1 if any(one.failure for one in found) else 0


def _print(found: list[Found], seed: int) -> None:
    table = Table("reader", "inputs", "read", "refused", "slowest", "else", title=f"Seed {seed}")
    for one in found:
        table.add_row(
            one.name,
            f"{one.inputs:,}",
            f"{one.read:,}",
            f"{one.refused:,}",
            f"{one.slowest:.3f} s",
            one.failure or "nothing",
        )
    Console(width=None if sys.stdout.isatty() else 160).print(table)


if __name__ == "__main__":
    sys.exit(main())
