"""One run: prepares everything that its trials share, then turns trials into records."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from time import monotonic
from typing import Any

from bench.ceilings import Ceiling
from bench.host.cache import turn
from bench.host.data.prepared import Prepared
from bench.host.environments import Environment, Environments
from bench.host.executor import Event, Executor, Invocation, LocalProcess
from bench.host.fitness.finding import Finding
from bench.host.frameworks import Framework
from bench.host.gauge import around, gauge
from bench.host.inputs import Inputs
from bench.host.load import LoadMeter
from bench.host.machine import commit, describe_machine
from bench.host.monitor.measured import Measured
from bench.host.monitor.worker import WorkerMonitor
from bench.host.nvml import open_gpu
from bench.host.obstacles import build_spec, obstacle
from bench.host.selection import Selection
from bench.host.setup import Setup, set_up
from bench.host.store import Run
from bench.host.transcript import Transcript
from bench.host.variables import worker_environment
from bench.host.verify.trials import Certificates, cell_of
from bench.job import Job
from bench.operations import training_step
from bench.results import Record, Status, Trial
from bench.spec import ModelSpec

Listener = Callable[[Event], None]


@dataclass
class Session:
    """A prepared run.

    Attributes:
        environments: by edition; an error where it cannot be had.
        threads: the same for every framework.
        certificates: of what the trials time; without them the trials are not verified.
        ceilings: by precision, what the machine attains at most.
        fitness: what bears on times on this machine.
        statuses: of the trials so far.
        starved: the smallest batch size that ran out of memory, by what else a trial is.
    """

    selection: Selection
    run: Run
    inputs: Inputs
    environments: Environments
    data: Mapping[str, Prepared]
    threads: int
    certificates: Certificates = field(default_factory=dict)
    ceilings: Mapping[str, Ceiling] = field(default_factory=dict)
    fitness: Sequence[Finding] = ()
    machine: dict[str, Any] = field(default_factory=describe_machine)
    commit: str | None = field(default_factory=commit)
    executor: Executor = field(default_factory=LocalProcess)
    statuses: list[Status] = field(default_factory=list)
    starved: dict[Trial, int] = field(default_factory=dict)

    def execute(self, trial: Trial, listen: Listener) -> Record:
        """Run a trial to its record, which is in the run's folder when this returns."""
        record = self._blank(trial)
        reason = obstacle(trial, self.selection, self.environments, self.data)
        reason = reason or self._too_large(trial)
        if reason is not None:
            record = replace(record, status="skipped", reason=reason)
        else:
            # One measurement at a time, whoever started the other run.
            with turn("measuring"):
                record = self._train(record, listen)
        if record.status == "out of memory":
            self.starved[_any_batch_size(trial)] = trial.batch_size
        self.run.append(record)
        self.statuses.append(record.status)
        return record

    def _too_large(self, trial: Trial) -> str | None:
        """What ran out of memory once is not tried with larger batches."""
        size = self.starved.get(_any_batch_size(trial))
        if size is None or trial.batch_size < size:
            return None
        return f"It ran out of memory at batch size {size:,} already."

    def _blank(self, trial: Trial) -> Record:
        spec = _spec_or_none(trial)
        ceiling = self.ceilings.get(trial.precision)
        return Record(
            run=self.run.name,
            trial=trial,
            status="failed",
            reason=None,
            started=datetime.now(UTC).isoformat(timespec="seconds"),
            plan=self.selection.plan.name,
            commit=trial.revision or self.commit,
            machine=self.machine,
            threads=self.threads,
            position=len(self.statuses) + 1,
            cost=asdict(training_step(spec, trial.optimizer, trial.batch_size, trial.precision))
            if spec
            else {},
            ceilings=asdict(ceiling) if ceiling else {},
            fitness=tuple(asdict(finding) for finding in self.fitness if finding.verdict != "ok"),
            test_samples=self.data[trial.dataset].test_count,
            certificate=self.certificates.get(cell_of(trial, self.selection.frameworks).key),
        )

    def _train(self, record: Record, listen: Listener) -> Record:
        trial = record.trial
        framework = self.selection.frameworks[trial.edition]
        environment = self.environments[trial.edition]
        assert isinstance(environment, Environment)  # obstacle has seen to it
        setup = set_up(framework, trial, trial.precision, self.threads)
        transcript = Transcript()
        limit = self.selection.plan.time_limit_seconds
        last_event = 0.0

        def on_event(event: Event) -> None:
            nonlocal last_event
            last_event = monotonic()
            transcript.add(event)
            listen(event)

        invocation = Invocation(
            command=(str(environment.python), "-P", "-m", "bench.worker"),
            environment=worker_environment(setup.environment, trial.device, framework.root),
            log=self.run.log_file(trial.id),
            standard_input=self._job(trial, framework, setup).to_json(),
            time_limit_seconds=limit,
            memory_limit_bytes=self.selection.plan.memory_limit_bytes,
        )
        with open_gpu(trial.device, invocation.environment) as gpu:
            # The gauge's own processor time is nobody's load: it lies outside the two readings.
            before = gauge(self.threads)
            meter, monitor = LoadMeter(gpu), WorkerMonitor(gpu)
            # Only now: making the job may have drawn weights and batch order.
            last_event = start = monotonic()
            outcome = self.executor.run(invocation, on_event, monitor)
            load = meter.read().known() | around(before, gauge(self.threads))
        status, reason = transcript.verdict(outcome, limit)
        transcript.seconds["process"] = outcome.seconds
        transcript.seconds["exit"] = max(0.0, outcome.seconds - (last_event - start))
        return replace(
            record,
            status=status,
            reason=reason,
            environment=setup.environment,
            tuning=setup.tuning,
            load=load,
            log=None if status == "ok" else outcome.log_tail or None,
            **_with_outside_view(transcript.fields(), monitor.result()),
        )

    def _job(self, trial: Trial, framework: Framework, setup: Setup) -> Job:
        data = self.data[trial.dataset]
        weights = self.inputs.weights(trial.model, build_spec(trial), trial.seed)
        order = self.inputs.order(data.train_count, trial.batch_size, trial.epochs, trial.seed)
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
            block_seconds=self.selection.plan.block_seconds,
            weights=str(weights.path),
            order=str(order.path),
            arrays={name: str(path) for name, path in data.arrays(setup.execution.layout).items()},
            digests={"weights": weights.digest, "data": data.digest, "order": order.digest},
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


def _any_batch_size(trial: Trial) -> Trial:
    return replace(trial, batch_size=0, repeat=0)


def _spec_or_none(trial: Trial) -> ModelSpec | None:
    try:
        return build_spec(trial)
    except ValueError:
        return None
