"""How a worker ended."""

import signal
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bench.records.results import Status

Event = Mapping[str, Any]
Listener = Callable[[Event], None]


@dataclass(frozen=True)
class WorkerOutcome:
    """How a worker ended.

    Attributes:
        failure: a sentence, None for exit status 0.
        status: of a trial that had not finished by then; None without a failure.
        seconds: from its start to its end.
        log_tail: the last that it printed.
    """

    failure: str | None
    status: Status | None
    seconds: float
    log_tail: str

    @property
    def last_words(self) -> str:
        """The last line that it printed, in a sentence; empty where it printed nothing."""
        lines = self.log_tail.strip().splitlines()
        return f"Its last words: {lines[-1].strip()}" if lines else ""


@dataclass(frozen=True)
class ProcessEnd:
    """What was wrong with a worker's end: see `WorkerOutcome`."""

    status: Status
    failure: str


def to_process_end(exit_status: int) -> ProcessEnd | None:
    """What a process ended with, in words; None for success."""
    if exit_status == 0:
        return None
    if exit_status > 0:
        return ProcessEnd("failed", f"The worker ended with exit status {exit_status}.")
    try:
        name = signal.Signals(-exit_status).name
    except ValueError:
        name = f"signal {-exit_status}"
    return ProcessEnd("crashed", f"The worker was ended by {name}.")


def explain_failure(events: Sequence[Event], outcome: WorkerOutcome) -> str | None:
    """Why a worker did not get to its event `finished`, in a sentence; None where it did."""
    kinds = {str(event["event"]): event for event in events}
    if "error" in kinds:
        return str(kinds["error"].get("reason"))
    if "finished" in kinds:
        return None
    ended = outcome.failure or "The worker ended before it had finished."
    return f"{ended} {outcome.last_words or 'It printed nothing.'}"
