"""The command line: `python -m reports build | history | compare | export | check`."""

import argparse
import gc
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from bench.errors import ResultsError, SamestepError
from bench.records.cache_folder import get_cache_folder
from reports.compare import command as compare
from reports.formats.registry import FORMATS, find_format
from reports.records import integrity
from reports.runs import check
from reports.runs.folders import find_folders, list_folders
from reports.runs.loading import LoadedRuns, read_runs
from reports.text.output import encode, show, tell, write, write_bytes

REPORT_FILE = "report.html"
HISTORY_FILE = "history.html"

# Freeing 100,000 records object by object takes 0.4 s: they stay until the process ends.
_kept: list[LoadedRuns] = []


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit status: 0, 1 of a regression, or 2 after a line on standard error."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.action(options) or 0)
    except SamestepError as error:
        print("reports:", *str(error).split(), file=sys.stderr)
        return 2


def build(options: argparse.Namespace) -> None:
    """Write the report of runs, and its tables as JSON if asked for; print what was written."""
    folders = find_folders(options.runs, options.results)
    content = _read(folders)
    # Here and not above: drawing libraries take a second to import, a wrong name should not.
    _find_fonts()
    from reports.content.export import to_json
    from reports.page.report import render

    report = options.output or _home(folders, options.results) / REPORT_FILE
    write(report, render(content))
    tell(str(report))
    if options.json:
        write(options.json, to_json(content))
        tell(str(options.json))


def history(options: argparse.Namespace) -> None:
    """Write the page of what runs found one after the other; print what was written."""
    if options.store:
        content = _read_store(options)
    elif options.runs:
        content = _read(find_folders(options.runs, options.results))
    else:
        content = _read(list_folders(options.results))
        # Nobody named them: one that is left out would not be missed.
        _warn(content)
    _find_fonts()
    from reports.history.page import render

    page = options.output or (options.store or options.results) / HISTORY_FILE
    write(page, render(content))
    tell(str(page))
    # An empty URL is a mistake, such as a variable that CI has not set.
    if options.database is not None:
        tell(_publish(options.database, content))


def _find_fonts() -> None:
    """Have Matplotlib look for fonts, once, while it knows of no home of the user's.

    Figures would be as wide as the fonts there, and fontconfig writes a list of them there.
    """
    ours = {
        "HOME": str(get_cache_folder() / "matplotlib"),
        **dict.fromkeys(("XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME")),
    }
    with _change_environment(ours):
        import matplotlib.font_manager  # noqa: F401 (it looks when it is imported)


@contextmanager
def _change_environment(changes: Mapping[str, str | None]) -> Iterator[None]:
    """Set variables, or unset them where there is None, and put back what was there."""
    before = {name: os.environ.get(name) for name in changes}
    _set_variables(changes)
    try:
        yield
    finally:
        _set_variables(before)


def _set_variables(values: Mapping[str, str | None]) -> None:
    for name, value in values.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


def _read_store(options: argparse.Namespace) -> LoadedRuns:
    from reports.history import store

    if options.runs:
        store.append(options.store, find_folders(options.runs, options.results))
    content = store.read(options.store)
    _warn(content)
    return content


def _warn(content: LoadedRuns) -> None:
    for problem in content.warnings:
        print("reports:", *problem.split(), file=sys.stderr)


def _publish(url: str, content: LoadedRuns) -> str:
    try:
        from reports.history.database import write as write_database
    except ModuleNotFoundError as error:
        if error.name != "sqlalchemy":
            raise
        raise ResultsError(
            "--database needs the library SQLAlchemy, which is not installed; expected the "
            "dependency group 'database' of pyproject.toml; "
            "`pip install sqlalchemy 'psycopg[binary]'`."
        ) from error
    return write_database(url, content)


def export(options: argparse.Namespace) -> int:
    """Write runs in another tool's format: to standard output, or a file whose path is printed.

    The status tells of records that are not as they were written: few formats have a place for it.
    """
    file_format = find_format(options.format)
    folders = find_folders(options.runs, options.results)
    content = _read(folders)
    _warn(content)
    document = file_format.document(content)
    data = encode(document) if isinstance(document, str) else document
    file = options.output or (
        file_format.file and _home(folders, options.results) / file_format.file
    )
    if file:
        write_bytes(file, data)
        tell(str(file))
    else:
        show(data)
    if content.altered:
        print(f"reports: {integrity.WARNING}", file=sys.stderr)
        return integrity.EXIT_STATUS
    return 0


def _read(folders: Sequence[Path]) -> LoadedRuns:
    """Read runs that stay until the end, and that no search for garbage looks at.

    Each search through 100,000 records takes 0.25 s, in each forked process too. Without this, and
    with an end that frees everything, their page takes 32 s of processor time in place of 27.5 s
    (two pairs in turns).
    """
    gc.disable()
    try:
        content = read_runs(*folders)
        gc.freeze()
    finally:
        gc.enable()
    _kept.append(content)
    return content


def _home(folders: Sequence[Path], results: Path) -> Path:
    return folders[0] if len(folders) == 1 else results


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m reports", description="Reports of samestep's benchmark runs."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    command = _command(
        commands,
        "build",
        build,
        "write the report of one run, or of several together, as one HTML file that opens offline",
        f"where to write it (default: {REPORT_FILE} in the run's folder, or in the results folder)",
    )
    command.add_argument(
        "--json", type=Path, metavar="FILE", help="also write the main tables as JSON"
    )
    command = _command(
        commands,
        "history",
        history,
        "write a page of what runs found one after the other: throughput, accuracy, memory",
        f"where to write it (default: {HISTORY_FILE} in the store or the results folder)",
    )
    command.add_argument(
        "--store",
        type=Path,
        metavar="DIR",
        help="a folder of runs that outlives them: put the named runs into it (default: none), "
        "then write the page of all that it holds",
    )
    command.add_argument(
        "--database",
        metavar="URL",
        help="also write trials and medians to SQLite (sqlite:///FILE) or PostgreSQL "
        "(postgresql://USER@HOST/NAME), in place of what it has of the same runs",
    )
    comparing = commands.add_parser(
        "compare",
        help="tell what is faster or slower in HEAD than in BASE; exit status 1 of a regression",
        description="Compare the trials of two runs, folders or commits: what is faster or slower "
        "in HEAD than in BASE, and how sure is that. Exit status: 0 no regression, 1 a regression, "
        "2 nothing can be compared.",
    )
    compare.add_arguments(comparing)
    _add_results(comparing)
    comparing.set_defaults(action=compare.run)
    command = _command(
        commands,
        "export",
        export,
        "write a run in a format that another tool reads",
        "where to write it (default: standard output; of parquet, a file in the run's folder)",
    )
    formats = "; ".join(f"{item.name}, {item.words}" for item in FORMATS)
    command.add_argument(
        "--format",
        required=True,
        metavar="NAME",
        help=f"one of: {formats} (docs/reference/formats.md)",
    )
    checking = commands.add_parser(
        "check",
        help="tell whether the records of runs are as they were written",
        description="Tell whether the records of runs are as they were written. Exit status: 0 "
        "they are, or have no digests; 1 something was changed; 2 there are no records.",
    )
    _add_runs(checking, "the newest")
    checking.set_defaults(action=check.run)
    return parser


def _command(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
    name: str,
    action: Callable[[argparse.Namespace], object],
    words: str,
    output: str,
) -> argparse.ArgumentParser:
    command = commands.add_parser(name, help=words, description=f"{words.capitalize()}.")
    command.set_defaults(action=action)
    _add_runs(command, "all" if name == "history" else "the newest")
    command.add_argument("--output", type=Path, metavar="FILE", help=output)
    return command


def _add_runs(command: argparse.ArgumentParser, newest: str) -> None:
    command.add_argument(
        "runs",
        nargs="*",
        metavar="RUN",
        help=f"a run's name in the results folder, or the path of its folder (default: {newest})",
    )
    _add_results(command)


def _add_results(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--results",
        type=Path,
        default=Path("results"),
        metavar="DIR",
        help="the folder that holds the runs (default: %(default)s)",
    )


if __name__ == "__main__":
    # Before these libraries are imported: they read and write in the user's home otherwise.
    os.environ["MPLCONFIGDIR"] = str(get_cache_folder() / "matplotlib")
    os.environ["FSSPEC_CONFIG_DIR"] = str(get_cache_folder() / "fsspec")
    os.environ.pop("MATPLOTLIBRC", None)
    status = main()
    sys.stdout.flush()
    sys.stderr.flush()
    # All files are closed and all processes have ended: nothing but freeing is left to be done.
    os._exit(status)
