"""The words for what a look at the machine found."""

from bench.records.parts import MachineFinding


def note_if(noteworthy: bool, topic: str, detail: str) -> MachineFinding:
    """Return a note where the detail is noteworthy, or else that all is well."""
    return MachineFinding(topic, "note" if noteworthy else "ok", detail)
