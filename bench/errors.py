"""The errors of samestep. Standard library only.

Each message is one line that says what failed, what was expected and what to
do. Programs catch `SamestepError` in one place and print it without traceback.
"""

import os
import unicodedata
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

# Letters of other scripts that nobody tells from these by looking.
_LATIN = str.maketrans(
    "\u0410\u0412\u0415\u041a\u041c\u041d\u041e\u0420\u0421\u0422\u0425\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0456\u03bf",
    "ABEKMHOPCTXaeopcyxio",
)


class SamestepError(Exception):
    """Base of all errors: anything that a user can cause or mend."""


class PlanError(SamestepError):
    """A plan is malformed or names something that does not exist."""


class FrameworkError(SamestepError):
    """A framework.toml is malformed."""


class ModelError(SamestepError):
    """A folder of a model from outside cannot be used."""


class UnavailableError(SamestepError):
    """A framework cannot be had on this machine; its trials are skipped."""


class InterpreterError(SamestepError):
    """An interpreter given by --python cannot be used."""


class MachineError(SamestepError):
    """This machine does not show what a measurement needs."""


class DataError(SamestepError):
    """A data set is missing, damaged or malformed."""


class WeightsError(SamestepError):
    """Weights do not fit a model's manifest."""


class ResultsError(SamestepError):
    """A results folder or a record cannot be used."""


class WorkerError(SamestepError):
    """A trial cannot go on."""


class DivergedError(WorkerError):
    """The loss of a trial is no longer a finite number."""


def describe_parse_error(error: Exception) -> str:
    """Say why a text is not of its format; Python's words may name switches of a programmer's."""
    if isinstance(error, RecursionError):
        return "its brackets are nested too deeply"
    if "set_int_max_str_digits" in str(error):
        return "a number in it has thousands of digits"
    return str(error)


def quote_name(name: str, others: Iterable[str]) -> str:
    """Quote a name that is none of the others, so that it shows in what it differs from them.

    A letter with an accent can be one character or two, as macOS writes it in names of files.
    """
    for other in others:
        if other != name and _look(other) == _look(name):
            return f"{name!a} (it only looks like {other!a})"
    # Or like what is allowed in a name.
    return repr(name) if name.isascii() or not _look(name).isascii() else ascii(name)


def find_lookalikes(names: Iterable[str]) -> tuple[str, str] | None:
    """Find two names that are one text in different characters; None if there are none."""
    seen: dict[str, str] = {}
    for name in names:
        other = seen.setdefault(unicodedata.normalize("NFC", name), name)
        if other != name:
            return other, name
    return None


def _look(name: str) -> str:
    """Return the same text for names that look alike."""
    return unicodedata.normalize("NFKC", name).translate(_LATIN)


def _describe_reason(error: OSError) -> str:
    """Say why; of a name that leads nowhere or is missing, too, what is there in its place."""
    reason = error.strerror or str(error)
    named = isinstance(error.filename, str | os.PathLike)
    if named and isinstance(error, FileNotFoundError | FileExistsError):
        path = Path(error.filename)
        with suppress(OSError):
            if detail := _find_broken_link(path) or _find_lookalike(path):
                return f"{reason}: {detail}"
    return reason


def _find_broken_link(path: Path) -> str | None:
    for place in (path, *path.parents):
        if place.is_symlink() and not os.path.exists(place):
            return f"{str(place)!r} is a link to {os.readlink(place)!r}, which is not there"
    return None


def _find_lookalike(path: Path) -> str | None:
    while path != path.parent and not os.path.lexists(path.parent):
        path = path.parent
    for name in os.listdir(path.parent):
        if name != path.name and _look(name) == _look(path.name):
            return f"{path.name!a} is not {name!a}, which is there"
    return None


@contextmanager
def explain_os_error(kind: type[Exception], failure: str, remedy: str) -> Iterator[None]:
    """Turn an OSError into an error that says what failed and why, and what to do."""
    try:
        yield
    except OSError as error:
        raise kind(f"{failure} ({_describe_reason(error)}); {remedy}") from error
