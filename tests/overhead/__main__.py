"""`python -m tests.overhead overhead | references | company`: what samestep itself costs."""

import argparse
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

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
from tests.overhead.company import (
    add_company_options,
    measure_company,
    to_rows,
)
from tests.overhead.company import to_document as to_company_document

COMPANY = "measure what a worker that waits for its turn costs the one that trains"


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit status: 0 done, 1 nothing was measured, 2 the request cannot be, 130 interrupted."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.run(options))
    except SamestepError as error:
        print(f"{options.name}: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(f"{options.name}: interrupted.", file=sys.stderr)
        return INTERRUPTED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.overhead", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for kind in (OVERHEAD, REFERENCES):
        command = _add_command(commands, kind.name, kind.summary, partial(_measure, kind=kind))
        add_pairs_options(command.add_argument, kind)
    company = _add_command(commands, "company", COMPANY, _measure_company)
    add_company_options(company.add_argument)
    return parser


def _add_command(
    commands: Any, name: str, summary: str, run: Callable[[argparse.Namespace], int]
) -> argparse.ArgumentParser:
    command: argparse.ArgumentParser = commands.add_parser(name, help=summary, description=summary)
    command.add_argument(
        "--json", type=Path, metavar="FILE", help="write every raw value there as JSON"
    )
    command.set_defaults(name=name, run=run)
    return command


def _measure_company(options: argparse.Namespace) -> int:
    results = measure_company(options, say)
    show_tables({"speed beside a waiting worker by that without one": to_rows(results)}, None)
    if options.json is not None:
        write_json(options.json, to_company_document(results))
    return 0


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
