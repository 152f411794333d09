"""The errors of samestep. Standard library only.

Each message is one line that says what failed, what was expected and what to
do. Programs catch `SamestepError` in one place and print it without traceback.
"""

from collections.abc import Iterator
from contextlib import contextmanager


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


@contextmanager
def explain_os_error(kind: type[Exception], failure: str, remedy: str) -> Iterator[None]:
    """Turn an OSError into an error that says what failed and why, and what to do."""
    try:
        yield
    except OSError as error:
        raise kind(f"{failure} ({error.strerror or error}); {remedy}") from error
