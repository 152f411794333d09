"""The command line beside the suite: `python -m bench list | prepare | verify | doctor`."""

import argparse
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.errors import ResultsError, SamestepError, explain_os_error
from bench.host.doctor import examine
from bench.host.environments.preparation import Environment
from bench.host.frameworks.framework import Framework, discover
from bench.host.planning.inventory import list_datasets, list_frameworks, list_models, list_plans
from bench.host.planning.request import add_folder_options, add_options, read_request
from bench.host.planning.selection import Selection, select
from bench.host.process.signals import interrupt_at_the_end
from bench.host.session.opening import prepare_data, prepare_environments_of
from bench.host.session.store import choose_summary_file
from bench.host.verify.command import add_verify_options, read_verification, verify_cells
from bench.host.verify.summary import (
    describe_report,
    explain_reports,
    summarize,
    to_row,
)
from bench.models import MODELS, Model
from bench.models.outside import read_outside_models
from bench.records.whole_files import write_whole

Row = dict[str, Any]
PIPED_WIDTH = 160
INTERRUPTED = 130  # as a shell has it of a program that Ctrl-C ended

EXAMPLES = """\
The benchmark itself is a pytest suite:
  tox -e bench                                  the plan 'quick', all frameworks
  tox -e bench -- --plan mnist -k pytorch       one framework of another plan
  python -m reports build                       the report of the newest run again
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit status: 0 done, 1 the doctor found a problem, 2 the user's request cannot be.

    130 of one that Ctrl-C or a signal ended.
    """
    options = _parser().parse_args(arguments)
    try:
        return int(options.run(options))
    except SamestepError as error:
        print(f"bench: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("bench: interrupted; what was finished before is kept.", file=sys.stderr)
        return INTERRUPTED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m bench",
        description="Compares deep-learning frameworks that take the same training steps.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    listing = _command(commands, "list", _list, "show the frameworks, models, data sets and plans")
    listing.add_argument(
        "what", nargs="?", choices=sorted(LISTS), help="show only these (default: all four)"
    )
    add_folder_options(listing.add_argument)
    for name, run, summary in (
        ("prepare", _prepare, "make the environments and data of a plan, so that a run need not"),
        ("doctor", _doctor, "look whether this machine can run a plan"),
    ):
        add_options(_command(commands, name, run, summary).add_argument)
    verify = _command(
        commands, "verify", _verify, "prove that implementations take the reference's steps"
    )
    add_verify_options(verify.add_argument)
    return parser


def _command(
    commands: Any, name: str, run: Callable[[argparse.Namespace], int], summary: str
) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(name, help=summary, description=summary)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the tables there as JSON")
    parser.set_defaults(run=run)
    return parser


# Of the frameworks and the models that there are.
LISTS: dict[str, Callable[[Mapping[str, Framework], Mapping[str, Model]], list[Row]]] = {
    "frameworks": list_frameworks,
    "models": lambda _, models: list_models(models),
    "datasets": lambda *_: list_datasets(),
    "plans": lambda *_: list_plans(),
}


def _list(options: argparse.Namespace) -> int:
    names = [options.what] if options.what else list(LISTS)
    frameworks = discover([Path(folder) for folder in options.impls])
    models = MODELS | read_outside_models(map(Path, options.model_folder), MODELS)
    show_tables({name: LISTS[name](frameworks, models) for name in names}, options.json)
    return 0


def _prepare(options: argparse.Namespace) -> int:
    selection = _selection(options)
    data = prepare_data(selection.trials, selection.catalog, say)
    environments = prepare_environments_of(selection, selection.trials, say)
    tables: dict[str, list[Row]] = {
        "data": [
            {"data set": dataset.name, "folder": str(dataset.folder), "sha256": dataset.digest}
            for dataset in data.values()
        ],
        "environments": [
            {
                "framework": name,
                "python": str(result.python) if isinstance(result, Environment) else None,
                "reason": None if isinstance(result, Environment) else str(result),
            }
            for name, result in environments.items()
        ],
    }
    show_tables(tables, options.json)
    return 0


def _doctor(options: argparse.Namespace) -> int:
    findings = [
        {"topic": finding.topic, "verdict": finding.verdict, "detail": finding.detail}
        for finding in examine(_selection(options))
    ]
    show_tables({"doctor": findings}, options.json)
    return 1 if any(finding["verdict"] == "problem" for finding in findings) else 0


def _verify(options: argparse.Namespace) -> int:
    verification = read_verification(options)
    file = choose_summary_file(verification.request.results)
    reports = verify_cells(verification, say, lambda report: say(describe_report(report)))
    show_tables({"verification": [to_row(report) for report in reports]}, options.json)
    write_json(file, summarize(reports, verification.request.thread_count))
    for message in explain_reports(reports):
        print(f"bench: {message}", file=sys.stderr)
    print(f"written: {file}")
    failed = any(not report.explained and not report.skipped for report in reports)
    nothing = all(report.skipped for report in reports)
    return 1 if failed or nothing or verification.missing else 0


def _selection(options: argparse.Namespace) -> Selection:
    return select(read_request(lambda name: getattr(options, name)))


def say(line: str) -> None:
    """Print a line of progress."""
    print(line, file=sys.stderr, flush=True)


def show_tables(tables: dict[str, list[Row]], json_file: Path | None) -> None:
    """Print tables, and write them as JSON where a file is named."""
    # Not above: a missing package is named by `bench.host`, which comes first.
    from rich.console import Console
    from rich.table import Table

    # Where nobody sees a terminal's edge, lines need not be broken.
    console = Console(width=None if sys.stdout.isatty() else PIPED_WIDTH)
    for title, rows in tables.items():
        table = Table(title=title, title_justify="left")
        columns = list(rows[0]) if rows else []
        for column in columns:
            table.add_column(column, overflow="fold")
        for row in rows:
            table.add_row(*(_cell(row[column]) for column in columns))
        console.print(table, markup=False)
    if json_file is not None:
        write_json(json_file, tables)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, int):
        return f"{value:,}"
    return ", ".join(value) if isinstance(value, list) else str(value)


def write_json(path: Path, document: Mapping[str, Any]) -> None:
    """Write a document to the file that a user named.

    Raises:
        ResultsError: the file cannot be written.
    """
    remedy = "expected a file in a folder of yours; name another."
    with explain_os_error(ResultsError, f"{path} cannot be written", remedy):
        write_whole(path, (json.dumps(document, indent=1) + "\n").encode())


if __name__ == "__main__":
    interrupt_at_the_end()
    sys.exit(main())
