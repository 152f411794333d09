"""`python -m tests.cost`: what this project costs its users in time, beside an older revision.

Each run of a checkout is one of the commands in its tox.ini, in an environment made of its own
requirements. Environments of frameworks are made before and count for nothing. Revisions take
turns, run by run, so that changes of the machine meet both.
"""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from bench.__main__ import INTERRUPTED, say, show_tables, write_json
from bench.errors import SamestepError
from bench.host.process.signals import interrupt_at_the_end
from tests.cost.checkouts import check_out
from tests.cost.jobs import JOBS, choose_jobs
from tests.cost.table import to_document, to_rows


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit status: 0 done, 1 a command failed, 2 the request cannot be, 130 interrupted."""
    options = _parser().parse_args(arguments)
    try:
        return _measure(options)
    except SamestepError as error:
        print(f"cost: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("cost: interrupted.", file=sys.stderr)
        return INTERRUPTED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.cost", description=__doc__)
    parser.add_argument("--against", metavar="REVISION", help="another revision, for ratios")
    parser.add_argument(
        "--runs", type=int, default=3, metavar="N", help="of each command (default: 3, for hours)"
    )
    parser.add_argument(
        "--only",
        default=",".join(JOBS),
        metavar="NAMES",
        help="what to measure, separated by commas (default: %(default)s)",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every raw value there")
    return parser


def _measure(options: argparse.Namespace) -> int:
    jobs = choose_jobs(options.only, options.runs)
    revisions = ["HEAD", *([options.against] if options.against else [])]
    with tempfile.TemporaryDirectory(prefix="samestep-cost-") as folder:
        checkouts = [
            check_out(revision, Path(folder) / f"checkout{place}", say)
            for place, revision in enumerate(revisions)
        ]
        results = []
        for job in jobs:
            for number in range(options.runs):
                # Whoever comes second finds a warmer machine: each of them in turn.
                for checkout in checkouts if number % 2 == 0 else checkouts[::-1]:
                    say(f"{job.name} of {checkout.revision}, {number + 1} of {options.runs} ...")
                    results += job.run(checkout, Path(folder))
    show_tables({"what it costs": to_rows(results, checkouts)}, None)
    if options.json is not None:
        write_json(options.json, to_document(results, checkouts))
    return 1 if any(result.failure for result in results) else 0


if __name__ == "__main__":
    interrupt_at_the_end()
    sys.exit(main())
