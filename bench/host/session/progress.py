"""How far a run has come."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from bench.host.machine.other_processes import NO_PROCESSES, ProcessIds
from bench.records.results import Record, Status, Trial


@dataclass
class Progress:
    """How far a run has come.

    Attributes:
        statuses: of the trials so far.
        finished: records of trials that need not run again in a run that goes on, by their names.
        skipped: records of trials that were skipped before the run went on, by their names.
        starved: the smallest batch size that ran out of memory, by what else a trial is.
        ran_ahead: records of trials that ran before they were asked for, by their names.
        stayers: processes of others on the GPU that were waited for in vain.
    """

    statuses: list[Status] = field(default_factory=list)
    finished: Mapping[str, Record] = field(default_factory=dict)
    skipped: Mapping[str, Record] = field(default_factory=dict)
    starved: dict[Trial, int] = field(default_factory=dict)
    ran_ahead: dict[str, Record] = field(default_factory=dict)
    stayers: ProcessIds = NO_PROCESSES

    def take_record(self, trial: Trial) -> Record | None:
        """Return the record of a trial that has run already; None if it has not."""
        return self.finished.get(trial.id) or self.ran_ahead.pop(trial.id, None)

    def find_skip(self, trial: Trial, reason: str) -> Record | None:
        """Return the record of a trial that was skipped for this reason before, if it was."""
        record = self.skipped.get(trial.id)
        return record if record is not None and record.reason == reason else None

    def reason_to_skip(self, trial: Trial) -> str | None:
        """Why a trial is not tried: what ran out of memory once would with larger batches too."""
        size = self.starved.get(_without_batch_size(trial))
        if size is None or trial.batch_size < size:
            return None
        return f"It ran out of memory at batch size {size:,} already."

    def note_position(self, record: Record) -> Record:
        """Return a record with its place among those of the run, and remember if memory ran out."""
        if record.status == "out of memory":
            self.starved[_without_batch_size(record.trial)] = record.trial.batch_size
        return replace(record, position=len(self.statuses) + 1)


def _without_batch_size(trial: Trial) -> Trial:
    return replace(trial, batch_size=0, repeat=0)
