"""One thing that was looked at. Standard library only."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class MachineFinding:
    """One thing that was looked at; `problem` keeps a run from working, `note` only bears on it."""

    topic: str
    verdict: Literal["ok", "note", "problem"]
    detail: str


def note_if(noteworthy: bool, topic: str, detail: str) -> MachineFinding:
    """A note, or else all is well."""
    return MachineFinding(topic, "note" if noteworthy else "ok", detail)
