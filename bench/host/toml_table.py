"""Reads a TOML file into checked values: plans and framework.toml go through here."""

import os
import tomllib
from collections.abc import Collection
from pathlib import Path
from string import Template
from typing import Any

from bench.errors import SamestepError, describe_parse_error, explain_os_error, quote_name

REQUIRED = object()
# No count of epochs, samples, steps or seeds needs more; a slip of the hand may ask for it.
MOST = 1_000_000


def read_toml(path: Path, error: type[SamestepError]) -> "TomlTable":
    """Read the top-level table of a file.

    Raises:
        error: the file cannot be read or is not TOML.
    """
    remedy = "expected a TOML file; check the path."
    text = read_utf8(path, error, f"{path} cannot be read", remedy)
    try:
        return TomlTable(tomllib.loads(text), str(path), error)
    except (ValueError, RecursionError) as problem:
        words = describe_parse_error(problem)
        raise error(f"{path} is not valid TOML: {words}; correct that line.") from problem


def read_utf8(path: Path, kind: type[SamestepError], failure: str, remedy: str) -> str:
    """Read a text without the mark of byte order that some editors put in front.

    Args:
        failure: what is said of a file that cannot be read, before the reason.
        remedy: what is said after it.
    """
    try:
        with explain_os_error(kind, failure, remedy):
            return path.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        where = f"byte {error.start:,}: {error.reason}"
        raise kind(f"{path} is not UTF-8 ({where}); save it as UTF-8.") from error


class TomlTable:
    """A table whose keys are taken one by one, each with its type; `finish` refuses the rest."""

    def __init__(self, values: dict[str, Any], where: str, error: type[SamestepError]) -> None:
        self._values = dict(values)
        self._where = where
        self._error = error
        self._known: list[str] = []

    def __contains__(self, key: str) -> bool:
        return key in self._values

    def fail(
        self, key: str, value: Any, expected: str, allowed: Collection[str] = ()
    ) -> SamestepError:
        """Return the error for a key with a value that cannot be, as it is none of `allowed`."""
        shown = quote_name(value, allowed) if isinstance(value, str) else repr(value)
        return self._error(f"{self._where}: {key!r} is {shown}; expected {expected}.")

    def take_text(
        self, key: str, default: Any = REQUIRED, allowed: Collection[str] | None = None
    ) -> Any:
        """Take a string, one of `allowed` where that is given."""
        value = self._take(key, default, "a string", str)
        if allowed is not None and value is not default and value not in allowed:
            raise self.fail(key, value, f"one of {', '.join(allowed)}", allowed)
        return value

    def take_integer(
        self, key: str, default: Any = REQUIRED, least: int = 0, most: int = MOST
    ) -> Any:
        """Take a whole number, at least `least` and at most `most`."""
        value = self._take(key, default, "a whole number", int)
        if value is not default and not least <= value <= most:
            raise self.fail(key, value, f"a whole number of at least {least} and at most {most:,}")
        return value

    def take_boolean(self, key: str, default: Any = REQUIRED) -> Any:
        """Take true or false."""
        return self._take(key, default, "true or false", bool)

    def take_number(
        self, key: str, default: Any = REQUIRED, above: float | None = None, below: float = 1e300
    ) -> Any:
        """Take a number; strictly above `above` if given (else at least 0), and below `below`."""
        value = self._take(key, default, "a number", int, float)
        if value is default:
            return value
        if not (value > above if above is not None else value >= 0) or not value < below:
            limit = f"above {above:g}" if above is not None else "at least 0"
            upper = f"below {below:g}" if below < 1e300 else "finite"
            raise self.fail(key, value, f"a number {limit} and {upper}")
        return float(value)

    def take_texts(
        self, key: str, default: Any = REQUIRED, allowed: Collection[str] | None = None
    ) -> Any:
        """Take a list of strings, not empty, each one of `allowed` where that is given."""
        return self._list(key, default, str, "strings", allowed)

    def take_integers(self, key: str, default: Any = REQUIRED, least: int = 0) -> Any:
        """Take a list of whole numbers, not empty, each at least `least`."""
        values = self._list(key, default, int, "whole numbers", None)
        for value in values:
            if not least <= value <= MOST:
                limits = f"at least {least} and at most {MOST:,}"
                raise self.fail(key, values, f"a list of whole numbers of {limits}")
        return values

    def take_names(
        self, key: str, allowed: Collection[str], default: Any = REQUIRED, closed: bool = True
    ) -> list[str]:
        """Take a list out of `allowed`, or the string `all` for every one of them.

        Where `allowed` is not `closed`, other names pass too: the caller looks at them.
        """
        if self._values.get(key) == "all":
            self.take_text(key)
            return list(allowed)
        return list(self.take_texts(key, default, allowed if closed else None))

    def take_table(self, key: str, expected: str = "a table") -> "TomlTable | None":
        """Take a table, or None where there is none; `expected` is what messages call it."""
        value = self._take(key, None, expected, dict)
        return None if value is None else TomlTable(value, f"{self._where}: [{key}]", self._error)

    def take_named_tables(self, key: str) -> dict[str, "TomlTable"]:
        """Take the tables in a table, [key.NAME], by their names; none where there is none."""
        expected = f"tables with names, [{key}.NAME]"
        values = self._take(key, {}, expected, dict)
        if not all(_is(value, dict) for value in values.values()):
            raise self.fail(key, values, expected)
        return {
            name: TomlTable(value, f"{self._where}: [{key}.{name}]", self._error)
            for name, value in values.items()
        }

    def take_tables(self, key: str, default: Any = REQUIRED) -> list["TomlTable"]:
        """Take an array of tables, not empty where it is there."""
        expected = f"an array of tables, [[{key}]]"
        values = self._take(key, default, expected, list)
        if values is not default and not (values and all(_is(value, dict) for value in values)):
            raise self.fail(key, values, expected)
        return [
            TomlTable(value, f"{self._where}: [[{key}]] number {number}", self._error)
            for number, value in enumerate(values, start=1)
        ]

    def take_table_or_tables(self, key: str, expected: str) -> "list[TomlTable] | None":
        """Take a table or an array of tables; None where there is neither."""
        if isinstance(self._values.get(key), list):
            return self.take_tables(key)
        table = self.take_table(key, expected)
        return None if table is None else [table]

    def take_all_texts(self) -> dict[str, str]:
        """Take all keys that are left, each a string."""
        return {name: self.take_text(name) for name in list(self._values)}

    def take_strings(self, key: str) -> dict[str, str]:
        """Take a table of strings; empty where there is none."""
        return self._values_of(key, "a string", str)

    def take_scalars(self, key: str) -> dict[str, bool | int | float | str]:
        """Take a table of single values; empty where there is none."""
        return self._values_of(key, "a single value", bool, int, float, str)

    def expand(self, key: str, text: str, expected: str) -> str:
        """Put the user's variables in the place of $NAME in the string of a key."""
        try:
            return Template(text).substitute(os.environ)
        except KeyError as error:
            missing = f"variables that are set; {error.args[0]} is not"
            raise self.fail(key, text, missing) from error
        except ValueError as error:
            raise self.fail(key, text, expected) from error

    def finish(self) -> None:
        """Refuse keys that nobody took."""
        for key in self._values:
            raise self._error(
                f"{self._where}: unknown key {quote_name(key, self._known)}; allowed are "
                f"{', '.join(self._known)}."
            )

    def _values_of(self, key: str, expected: str, *kinds: type) -> dict[str, Any]:
        table = self.take_table(key)
        if table is None:
            return {}
        return {name: table._take(name, REQUIRED, expected, *kinds) for name in list(table._values)}

    def _take(self, key: str, default: Any, expected: str, *kinds: type) -> Any:
        self._known.append(key)
        if key not in self._values:
            if default is REQUIRED:
                raise self._error(f"{self._where}: the key {key!r} is missing; add {expected}.")
            return default
        value = self._values.pop(key)
        if not _is(value, *kinds):
            raise self.fail(key, value, expected)
        return value

    def _list(
        self, key: str, default: Any, kind: type, expected: str, allowed: Collection[str] | None
    ) -> Any:
        values = self._take(key, default, f"a list of {expected}", list)
        if values is default:
            return values
        if not values:
            raise self.fail(key, values, f"a list of {expected} with at least one")
        for value in values:
            if not _is(value, kind):
                raise self.fail(key, value, f"a list of {expected}")
            if allowed is not None and value not in allowed:
                raise self.fail(key, value, f"a list out of {', '.join(allowed)}", allowed)
        return values


def _is(value: Any, *kinds: type) -> bool:
    # bool is an int in Python, not in TOML.
    return isinstance(value, kinds) and (bool in kinds or not isinstance(value, bool))
