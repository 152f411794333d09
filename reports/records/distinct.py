"""Parts of records that cannot be keys, each once."""

from collections.abc import Iterable
from typing import TypeVar

Part = TypeVar("Part")


def keep_distinct(parts: Iterable[Part]) -> list[Part]:
    """Return each of few parts that many records share once, in order of appearance.

    What a reader made one object is told by a look, what is only equal by its content.
    """
    unique: list[Part] = []
    for part in parts:
        if part not in unique:
            unique.append(part)
    return unique
