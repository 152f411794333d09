"""What was found of the machine: the words for a finding."""

from bench.records.parts import MachineFinding


def note_if(noteworthy: bool, topic: str, detail: str) -> MachineFinding:
    """A note, or else all is well."""
    return MachineFinding(topic, "note" if noteworthy else "ok", detail)
