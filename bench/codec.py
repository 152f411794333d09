"""Jobs as JSON: what host and worker hand each other is decoded by type hints.

Standard library only: workers use it in environments that have nothing else.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, is_dataclass
from types import NoneType, UnionType
from typing import Any, Self, Union, get_args, get_origin, get_type_hints


class Message:
    """A frozen dataclass that goes from one process to another as JSON."""

    def to_json(self) -> str:
        """Return the message as JSON."""
        assert is_dataclass(self)
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Return the message that `to_json` wrote.

        Raises:
            TypeError: a field is missing or not of this class.
        """
        message: Self = decode(cls, json.loads(text))
        return message


def decode(hint: Any, value: Any) -> Any:
    """Turn what JSON holds into what a type hint says: dataclasses, tuples, mappings, optionals."""
    if is_dataclass(hint):
        hints = get_type_hints(hint)
        fields = {name: decode(hints.get(name), item) for name, item in value.items()}
        return hint(**fields)  # type: ignore[operator]
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is tuple and arguments[-1] is Ellipsis:
        return tuple(decode(arguments[0], item) for item in value)
    if origin is tuple:
        return tuple(map(decode, arguments, value))
    if origin in (dict, Mapping):
        return {name: decode(arguments[1], item) for name, item in value.items()}
    if origin in (Union, UnionType) and NoneType in arguments and len(arguments) == 2:
        (kind,) = set(arguments) - {NoneType}
        return None if value is None else decode(kind, value)
    return float(value) if hint is float else value
