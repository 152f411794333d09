"""What reading a counter raises that this machine does not give. Standard library only."""

from collections.abc import Callable
from typing import TypeVar

Value = TypeVar("Value")


class UnreadableError(Exception):
    """A number that cannot be read here; the message is a sentence that says why."""


def read_or_none(read: Callable[[], Value]) -> Value | None:
    """Return what `read` returns, or None where it raises UnreadableError."""
    try:
        return read()
    except UnreadableError:
        return None
