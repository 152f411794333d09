"""`python -m tests.overhead overhead | references`: what samestep itself costs, in turns."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from bench.__main__ import INTERRUPTED, say, show_tables, write_json
from bench.errors import SamestepError
from bench.host.process.signals import interrupt_at_the_end
from tests.overhead.command import (
    OVERHEAD,
    REFERENCES,
    Kind,
    add_pairs_options,
    run_pairs,
    to_document,
    to_row,
)


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit status: 0 done, 1 nothing was measured, 2 the request cannot be, 130 interrupted."""
    options = _parser().parse_args(arguments)
    kind: Kind = options.kind
    try:
        return _measure(options, kind)
    except SamestepError as error:
        print(f"{kind.name}: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(f"{kind.name}: interrupted.", file=sys.stderr)
        return INTERRUPTED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.overhead", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for kind in (OVERHEAD, REFERENCES):
        command = commands.add_parser(kind.name, help=kind.summary, description=kind.summary)
        command.add_argument(
            "--json", type=Path, metavar="FILE", help="write every raw value there as JSON"
        )
        command.set_defaults(kind=kind)
        add_pairs_options(command.add_argument, kind)
    return parser


def _measure(options: argparse.Namespace, kind: Kind) -> int:
    results = run_pairs(options, kind, say)
    first, second = kind.sides
    rows = [to_row(result) for result in results]
    show_tables({f"speed of {first} by that of {second}": rows}, None)
    if options.json is not None:
        write_json(options.json, to_document(kind, results))
    if any(result.interrupted for result in results):
        return INTERRUPTED
    return 0 if any(result.pairs for result in results) else 1


if __name__ == "__main__":
    interrupt_at_the_end()
    sys.exit(main())
