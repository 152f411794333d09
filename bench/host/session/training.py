"""One trial that is trained: what its worker is started with, and the record that comes of it."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from time import monotonic
from typing import Any

import msgspec

from bench.host.data.inputs import Inputs
from bench.host.data.preparation import PreparedData
from bench.host.environments.preparation import Environment, Environments
from bench.host.frameworks.framework import Framework
from bench.host.frameworks.setup import Setup, find_withheld_variables, set_up
from bench.host.machine.description import describe_machine, read_commit
from bench.host.machine.nvml import VisibleGpu
from bench.host.monitor.energy import ResourceUse
from bench.host.monitor.worker import WorkerMonitor
from bench.host.planning.selection import Selection
from bench.host.process.conversation import Limits
from bench.host.process.executor import Executor, Invocation, prepare_invocation
from bench.host.process.gate import Gate
from bench.host.process.outcome import Event, Listener, WorkerOutcome
from bench.host.session.store import RunFolder
from bench.host.session.transcript import Transcript
from bench.host.verify.cells import to_cell
from bench.host.verify.together import Certificates
from bench.job import Execution, Job, Turns
from bench.records.ceilings import Ceiling
from bench.records.operations import count_step_cost
from bench.records.parts import Energy, Load, MachineFinding, StepCost
from bench.records.results import Record, Trial
from bench.records.variables import parse_variables
from bench.spec import dropout_of


@dataclass(frozen=True)
class PreparedRun:
    """What the trials of a run share.

    Attributes:
        environments: by edition; an error where it cannot be had.
        certificates: of what the trials time, as far as they are needed yet; a trial without one
            is not verified.
        ceilings: by precision, what the machine attains at most.
        fitness: what bears on times on this machine.
        partners: for trials that take turns with another one, that one, by their names.
        withheld: the user's variables that no worker gets, but for those that its trial names.
        commit: of when the run was started: what was committed since is no part of it.
    """

    selection: Selection
    inputs: Inputs
    environments: Environments
    data: Mapping[str, PreparedData]
    certificates: Certificates = field(default_factory=dict)
    ceilings: Mapping[str, Ceiling] = field(default_factory=dict)
    fitness: Sequence[MachineFinding] = ()
    partners: Mapping[str, Trial] = field(default_factory=dict)
    machine: dict[str, Any] = field(default_factory=describe_machine)
    commit: str | None = field(default_factory=read_commit)
    withheld: tuple[str, ...] = field(default_factory=find_withheld_variables)

    def begin_record(self, trial: Trial, run: str) -> Record:
        """Begin the record of a trial with what is known before it runs."""
        framework = self.selection.frameworks.get(trial.framework)
        catalog = self.selection.catalog
        cell = to_cell(trial, self.selection.frameworks, catalog)
        handed_on = parse_variables(trial.variables)
        spec, cost = None, StepCost()
        # A trial whose model does not take the data is a record too, one that is skipped.
        with suppress(ValueError):
            spec = catalog.build_spec(trial.model, trial.dataset)
        if spec is not None:
            cost = count_step_cost(spec, trial.optimizer, trial.batch_size, trial.precision)
        return Record(
            run=run,
            trial=trial,
            status="failed",
            reason=None,
            started=datetime.now(UTC).isoformat(timespec="seconds"),
            plan=self.selection.plan.name,
            commit=trial.revision or self.commit,
            machine=self.machine,
            threads=self.selection.request.thread_count,
            cost=cost,
            withheld=tuple(name for name in self.withheld if name not in handed_on),
            dropout=dropout_of(spec) if spec else None,
            ceilings=self.ceilings.get(trial.precision),
            fitness=tuple(finding for finding in self.fitness if finding.verdict != "ok"),
            test_samples=self.data[trial.dataset].test_count,
            certificate=self.certificates.get(cell.key),
            # A pinned version and another revision have titles that say so; their versions do too.
            framework_title=framework.title if framework else None,
            model_title=catalog.models[trial.model].title,
        )


@dataclass
class Training:
    """What is known before the worker starts, such as a blank record, and what it tells."""

    blank: Record
    invocation: Invocation
    job: Job
    measured: ResourceUse | None = None
    transcript: Transcript = field(default_factory=Transcript)
    started: float = 0.0
    last_event: float = 0.0

    def run(
        self,
        executor: Executor,
        gpu: VisibleGpu,
        listen: Listener,
        turns: Turns | None = None,
        gate: Gate | None = None,
    ) -> WorkerOutcome:
        """Run the worker to its end.

        Args:
            turns: that it takes with another worker.
            gate: where it waits before it trains.
        """
        clock = gate.read_clock if gate else monotonic

        def hear(event: Event) -> None:
            self.last_event = clock()
            self.transcript.add(event)
            listen(event)

        invocation = replace(
            self.invocation,
            standard_input=replace(
                self.job, turns=turns, gate=gate.reads if gate else None
            ).to_json(),
            descriptors=(
                *((turns.reads, turns.writes) if turns else ()),
                *((gate.reads,) if gate else ()),
            ),
            clock=clock,
        )
        monitor = WorkerMonitor(gpu)
        self.last_event = self.started = clock()
        outcome = executor.run(invocation, hear, monitor)
        self.measured = monitor.summarize()
        return outcome

    def complete_record(self, outcome: WorkerOutcome, load: Load) -> Record:
        """Return the whole record, once the worker has run."""
        assert self.measured is not None
        transcript = self.transcript
        status, reason = transcript.conclude(outcome)
        transcript.seconds["process_seconds"] = outcome.seconds
        until_last_event = self.last_event - self.started
        transcript.seconds["exit_seconds"] = max(0.0, outcome.seconds - until_last_event)
        return replace(
            self.blank,
            status=status,
            reason=reason,
            load=load,
            log=None if status == "ok" else outcome.log_tail or None,
            **_with_outside_view(transcript.to_fields(), self.measured),
        )


def prepare_training(
    prepared: PreparedRun, folder: RunFolder, trial: Trial, partner: Trial | None = None
) -> Training:
    """Prepare the training of a trial that can run here, in turns with its partner if any."""
    framework = prepared.selection.frameworks[trial.edition]
    environment = prepared.environments[trial.edition]
    assert isinstance(environment, Environment)  # `reason_to_skip` has seen to it
    blank = prepared.begin_record(trial, folder.name)
    where = (trial.mode, trial.precision, trial.device)
    threads = prepared.selection.request.thread_count
    execution = Execution(*where, threads, trial.layout)
    setup = set_up(framework, trial.model, trial.settings, execution, trial.variables)
    job = _job(prepared, trial, framework, setup)
    plan = prepared.selection.plan
    # A worker waits as long as its partner works.
    workers = 1 if partner is None else 2
    limits = Limits(
        workers * plan.time_limit_seconds,
        workers * plan.silence_limit_seconds,
        plan.memory_limit_bytes,
    )
    log = folder.log_file(trial.id)
    return Training(
        replace(
            blank,
            environment=setup.environment,
            tuning=setup.tuning,
            in_turns_with=None if partner is None else partner.id,
        ),
        prepare_invocation(
            "bench.worker", job, environment.python, setup, log, limits, framework.root
        ),
        job,
    )


def _job(prepared: PreparedRun, trial: Trial, framework: Framework, setup: Setup) -> Job:
    data, catalog = prepared.data[trial.dataset], prepared.selection.catalog
    spec, inputs = catalog.build_spec(trial.model, trial.dataset), prepared.inputs
    weights = inputs.write_weights(trial.model, spec, trial.seed)
    order = inputs.write_order(data.train_count, trial.batch_size, trial.epochs, trial.seed)
    return Job(
        framework=framework.name,
        implementation=str(framework.folder),
        model=trial.model,
        samples=data.samples,
        optimizer=trial.optimizer,
        execution=setup.execution,
        batch_size=trial.batch_size,
        epochs=trial.epochs,
        evaluate_every=trial.evaluate_every,
        input=trial.input,
        block_seconds=prepared.selection.plan.block_seconds,
        weights=str(weights.path),
        order=str(order.path),
        arrays={name: str(path) for name, path in data.list_arrays(setup.execution.layout).items()},
        digests={"weights": weights.digest, "data": data.digest, "order": order.digest},
        model_folder=str(catalog.models[trial.model].folder or ""),
    )


def _with_outside_view(fields: dict[str, Any], measured: ResourceUse) -> dict[str, Any]:
    """The fields that a worker gave, with what was seen of it from outside."""
    blocks = fields["blocks"]
    chosen = [index for index, block in enumerate(blocks) if not block.warmup]
    measured = measured.add_energy(blocks, chosen)
    has_energy = any(energy is not None for energy in measured.block_energy)
    return {
        **fields,
        "memory": msgspec.structs.replace(fields["memory"], **measured.memory),
        "absent": {**measured.absent, **fields["absent"]},
        "energy": Energy(**measured.energy),
        "block_energy": measured.block_energy if has_energy else (),
    }
