"""A plan's variables as trials have them: NAME=value, as a shell reads it, sorted by name."""

import hashlib
import shlex
from collections.abc import Mapping

DIGITS = 8
LONGEST_NAME = 40
LONGEST_TEXT = 80


def format_variables(variables: Mapping[str, str]) -> str:
    """Return the variables as text; empty where there are none."""
    return " ".join(f"{name}={shlex.quote(value)}" for name, value in sorted(variables.items()))


def parse_variables(text: str) -> dict[str, str]:
    """Return the variables in a text of `format_variables`."""
    names_and_values = (part.partition("=") for part in shlex.split(text))
    return {name: value for name, _, value in names_and_values}


def name_variables(text: str) -> str:
    """Return a name for them that a file may have: the first one's, and a digest of them all."""
    return f"{text.partition('=')[0][:LONGEST_NAME]}-{_digest(text)}"


def shorten_variables(text: str) -> str:
    """Return the text itself, or of a long one its beginning and a digest of the whole."""
    if len(text) <= LONGEST_TEXT:
        return text
    return f"{text[: LONGEST_TEXT - DIGITS - 4]}... {_digest(text)}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:DIGITS]
