"""Where runs are: a run is a folder with a `records.jsonl`."""

import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from bench.errors import ResultsError, explain_os_error, quote_name
from bench.records.results import RECORDS_FILE

REMEDY = "run `tox -e bench` to make one"


def list_folders(results: Path) -> list[Path]:
    """The folders of all runs in a results folder, oldest first.

    Raises:
        ResultsError: there is none.
    """
    names = list_names(results)
    if not names:
        raise ResultsError(
            f"No run was found in {str(results)!r}; expected a folder with a {RECORDS_FILE} "
            f"in it; {REMEDY}, or name a folder of runs with --results."
        )
    return [results / name for name in names]


def find_folders(runs: Sequence[str], results: Path) -> list[Path]:
    """The folders of these runs, or of the newest where none is named; see `find_folder`."""
    requests: Sequence[str | None] = runs or [None]
    paths = (find_folder(run, results) for run in requests)
    # os.path: pathlib raises for a link that leads back to itself.
    return list({os.path.realpath(path): path for path in paths}.values())


def list_names(results: Path) -> list[str]:
    """The names of the runs in a results folder, oldest first.

    Age is that of the last record written; runs of one age are in order of their names. First come
    those whose records cannot be read, as of a link that leads nowhere: who reads them says so.
    """
    if os.path.isfile(results):
        raise ResultsError(
            f"--results {str(results)!r} is a file; expected a folder of runs; name another."
        )
    ages = [(_last_written(path), path.parent.name) for path in _files(results)]
    return [name for _, name in sorted(ages)]


def find_folder(run: str | None, results: Path) -> Path:
    """The folder of a run: of the newest one, of a name in `results`, or of a path.

    Raises:
        ResultsError: there is no such run; the message lists those there are.
    """
    if run is None:
        return list_folders(results)[-1]
    present = list_names(results)
    if run in present:
        return results / run
    # os.path: it says False, and does not raise, for a name that no file can have.
    if os.path.isfile(Path(run) / RECORDS_FILE):
        return Path(run)
    choices = ", ".join(repr(name) for name in present) or "no run so far"
    raise ResultsError(
        f"Run {quote_name(run, present)} was not found; expected the path of a folder with "
        f"a {RECORDS_FILE}, or a run in {str(results)!r} (there: {choices}); name one of those, or "
        f"{REMEDY}."
    )


def find_records_files(path: Path) -> list[Path]:
    """The records files that a results folder, a run folder or a records file stands for.

    Raises:
        ResultsError: there is none.
    """
    if os.path.isfile(path):
        return [path]
    if os.path.isfile(path / RECORDS_FILE):
        return [path / RECORDS_FILE]
    if files := _files(path):
        return files
    raise ResultsError(
        f"No records were found at {str(path)!r}; expected a results folder, a run's folder or a "
        f"{RECORDS_FILE}; {REMEDY}."
    )


def _files(results: Path) -> list[Path]:
    """The records files in the folders of a folder, also those that nobody can read."""
    failure = f"Results folder {str(results)!r} cannot be read"
    expected = "expected a folder of runs; check its permissions."
    with explain_os_error(ResultsError, failure, expected), suppress(FileNotFoundError):
        names = sorted(os.listdir(results))
        return [path for name in names if _is_there(path := results / name / RECORDS_FILE)]
    return []


def _is_there(path: Path) -> bool:
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        # A link to where a run once was stands for a run.
        return path.parent.is_symlink() and not os.path.exists(path.parent)
    except OSError:
        return True
    return True


def _last_written(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0
