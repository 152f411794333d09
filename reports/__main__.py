"""The command line: `python -m reports build [RUN]`."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from bench.errors import SamestepError
from reports.runs import find, read

REPORT_FILE = "report.html"


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit status: 0, or 2 after one line on standard error."""
    options = _parser().parse_args(arguments)
    try:
        build(options.run, options.results, options.output, options.json)
    except SamestepError as error:
        print("reports:", *str(error).split(), file=sys.stderr)
        return 2
    return 0


def build(run: str | None, results: Path, output: Path | None, json: Path | None) -> None:
    """Write the report of a run, and its tables as JSON if asked for; print what was written."""
    folder = find(run, results)
    content = read(folder)
    # Here and not above: drawing libraries take a second to import, a wrong name should not.
    from reports.export import document
    from reports.output import write
    from reports.page import render

    report = output or folder / REPORT_FILE
    write(report, render(content))
    print(report)
    if json:
        write(json, document(content))
        print(json)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m reports", description="Reports of samestep's benchmark runs."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    command = commands.add_parser(
        "build",
        help="write a run's report as one HTML file",
        description="Write a run's report as one HTML file that opens offline, and print its path.",
    )
    command.add_argument(
        "run",
        nargs="?",
        metavar="RUN",
        help="a run's name in the results folder, or the path of its folder (default: the newest)",
    )
    command.add_argument(
        "--results",
        type=Path,
        default=Path("results"),
        metavar="DIR",
        help="the folder that holds the runs (default: %(default)s)",
    )
    command.add_argument(
        "--output",
        type=Path,
        metavar="FILE",
        help=f"where to write the report (default: {REPORT_FILE} in the run's folder)",
    )
    command.add_argument(
        "--json", type=Path, metavar="FILE", help="also write the main tables as JSON"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
