"""One trial that is trained: what its worker is started with, and the record that comes of it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from time import monotonic
from typing import Any

from bench.host.frameworks.setup import Setup
from bench.host.machine.nvml import VisibleGpu
from bench.host.monitor.measured import Measured
from bench.host.monitor.worker import WorkerMonitor
from bench.host.process.executor import Executor, Invocation
from bench.host.process.outcome import Event, Outcome
from bench.host.process.turns import Listener
from bench.host.session.transcript import Transcript
from bench.job import Job, Turns
from bench.records.results import Record


@dataclass
class Training:
    """What is known before the worker starts, and what it tells.

    Attributes:
        blank: the record as far as it is known beforehand.
        invocation: with nothing on standard input yet.
    """

    blank: Record
    setup: Setup
    job: Job
    invocation: Invocation
    measured: Measured | None = None
    transcript: Transcript = field(default_factory=Transcript)
    started: float = 0.0
    last_event: float = 0.0

    def run(
        self, executor: Executor, gpu: VisibleGpu, listen: Listener, turns: Turns | None = None
    ) -> Outcome:
        """Run the worker to its end."""

        def on_event(event: Event) -> None:
            self.last_event = monotonic()
            self.transcript.add(event)
            listen(event)

        invocation = replace(
            self.invocation,
            standard_input=replace(self.job, turns=turns).to_json(),
            descriptors=(turns.reads, turns.writes) if turns else (),
        )
        monitor = WorkerMonitor(gpu)
        self.last_event = self.started = monotonic()
        outcome = executor.run(invocation, on_event, monitor)
        self.measured = monitor.result()
        return outcome

    def record(self, outcome: Outcome, load: Mapping[str, float]) -> Record:
        """The whole record, once it has run."""
        assert self.measured is not None
        told = self.transcript
        status, reason = told.verdict(outcome)
        told.seconds["process"] = outcome.seconds
        told.seconds["exit"] = max(0.0, outcome.seconds - (self.last_event - self.started))
        return replace(
            self.blank,
            status=status,
            reason=reason,
            environment=self.setup.environment,
            tuning=self.setup.tuning,
            load=dict(load),
            log=None if status == "ok" else outcome.log_tail or None,
            **_with_outside_view(told.fields(), self.measured),
        )


def _with_outside_view(fields: dict[str, Any], measured: Measured) -> dict[str, Any]:
    """The fields that a worker gave, with what was seen of it from outside."""
    blocks = fields["blocks"]
    chosen = [index for index, block in enumerate(blocks) if not block.warmup]
    measured = measured.over(blocks, chosen)
    known = any(one is not None for one in measured.block_energy)
    energies = (None if one is None else asdict(one) for one in measured.block_energy)
    return {
        **fields,
        "memory": {**fields["memory"], **measured.memory},
        "absent": {**measured.absent, **fields["absent"]},
        "energy": measured.energy,
        "block_energy": tuple(energies) if known else (),
    }
