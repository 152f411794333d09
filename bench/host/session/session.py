"""One run: prepares everything that its trials share, then turns trials into records."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

from bench.host.cache import turn
from bench.host.data.inputs import Inputs
from bench.host.data.prepared import Prepared
from bench.host.environments.environments import Environment, Environments
from bench.host.frameworks.framework import Framework
from bench.host.frameworks.setup import Setup, set_up
from bench.host.frameworks.variables import worker_environment
from bench.host.machine.company import NOBODY, Company, alone, company, told
from bench.host.machine.description import commit, describe_machine
from bench.host.machine.finding import Finding
from bench.host.machine.gauge import around, gauge
from bench.host.machine.load import LoadMeter
from bench.host.machine.nvml import VisibleGpu, open_gpu
from bench.host.machine.release import unreleased, used_bytes
from bench.host.planning.obstacles import obstacle
from bench.host.planning.selection import Selection
from bench.host.process.executor import Executor, Invocation, LocalProcess
from bench.host.process.turns import Listener, run_in_turns
from bench.host.session.store import Run
from bench.host.session.training import Training
from bench.host.verify.trials import Certificates, cell_of
from bench.job import Job
from bench.records.ceilings import Ceiling
from bench.records.operations import training_step
from bench.records.results import Record, Status, Trial
from bench.spec import ModelSpec, dropout_of


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
        partners: for trials that take turns with another one, that one, by their names.
        starved: the smallest batch size that ran out of memory, by what else a trial is.
        ahead: records of trials that ran before they were asked for, by their names.
        earlier: records of trials that need not run again in a run that goes on, by their names.
        skips: records of trials that were skipped before it went on, by their names.
        stayers: processes of others on the GPU that were waited for in vain.
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
    partners: Mapping[str, Trial] = field(default_factory=dict)
    starved: dict[Trial, int] = field(default_factory=dict)
    ahead: dict[str, Record] = field(default_factory=dict)
    earlier: Mapping[str, Record] = field(default_factory=dict)
    skips: Mapping[str, Record] = field(default_factory=dict)
    stayers: Company = NOBODY

    def execute(self, trial: Trial, listen: Listener) -> Record:
        """Run a trial to its record, which is in the run's folder when this returns.

        With it runs the one that it takes turns with: its record is there too, and what asking for
        it gives.
        """
        if trial.id in self.earlier:
            return self.earlier[trial.id]
        if trial.id in self.ahead:
            return self.ahead.pop(trial.id)
        reason = self._obstacle(trial)
        if reason is not None:
            return self._skipped(trial, reason)
        partner = self._partner(trial)
        # One measurement at a time, whoever started the other run.
        with turn("measuring"):
            if partner is None:
                return self._keep(self._alone(trial, listen))
            first, second = self._in_turns(trial, partner, listen)
        self.ahead[partner.id] = self._keep(second)
        return self._keep(first)

    def _skipped(self, trial: Trial, reason: str) -> Record:
        before = self.skips.get(trial.id)
        if before is not None and before.reason == reason:
            return before
        return self._keep(replace(self._blank(trial), status="skipped", reason=reason))

    def _obstacle(self, trial: Trial) -> str | None:
        reason = obstacle(trial, self.selection, self.environments, self.data)
        return reason or self._too_large(trial)

    def _partner(self, trial: Trial) -> Trial | None:
        """The trial that this one takes turns with, if both can run."""
        other = self.partners.get(trial.id)
        return other if other is not None and self._obstacle(other) is None else None

    def _keep(self, record: Record) -> Record:
        record = replace(record, position=len(self.statuses) + 1)
        if record.status == "out of memory":
            self.starved[_any_batch_size(record.trial)] = record.trial.batch_size
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
        spec = self._spec_or_none(trial)
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
            cost=asdict(training_step(spec, trial.optimizer, trial.batch_size, trial.precision))
            if spec
            else {},
            dropout=dropout_of(spec) if spec else None,
            ceilings=asdict(ceiling) if ceiling else {},
            fitness=tuple(asdict(finding) for finding in self.fitness if finding.verdict != "ok"),
            test_samples=self.data[trial.dataset].test_count,
            certificate=self.certificates.get(self._cell_key(trial)),
        )

    def _cell_key(self, trial: Trial) -> tuple[str, ...]:
        return cell_of(trial, self.selection.frameworks, self.selection.catalog).key

    def _spec_or_none(self, trial: Trial) -> ModelSpec | None:
        try:
            return self.selection.catalog.spec(trial.model, trial.dataset)
        except ValueError:
            return None

    def _alone(self, trial: Trial, listen: Listener) -> Record:
        training = self._training(trial)
        with self._watched(training) as (gpu, load):
            outcome = training.run(self.executor, gpu, listen)
        return training.record(outcome, load)

    def _in_turns(self, trial: Trial, other: Trial, listen: Listener) -> tuple[Record, Record]:
        first, second = self._training(trial, other), self._training(other, trial)
        with self._watched(first) as (gpu, load):
            outcomes = run_in_turns(
                partial(first.run, self.executor, gpu),
                partial(second.run, self.executor, gpu),
                listen,
                self.executor.stop,
            )
        return first.record(outcomes[0], load), second.record(outcomes[1], load)

    @contextmanager
    def _watched(self, training: Training) -> Iterator[tuple[VisibleGpu, dict[str, float]]]:
        """The GPU that is looked at, and what will be the load on the machine meanwhile."""
        load: dict[str, float] = {}
        with open_gpu(training.blank.trial.device, training.invocation.environment) as gpu:
            others = alone(gpu, self.stayers)
            self.stayers |= others or NOBODY
            # The gauge's own processor time is nobody's load: it lies outside the two readings.
            taken, before = used_bytes(gpu), gauge(self.threads)
            meter = LoadMeter(gpu)
            yield gpu, load
            load |= meter.read().known() | unreleased(gpu, taken)
            load |= told(others, company(gpu))
            load |= around(before, gauge(self.threads))

    def _training(self, trial: Trial, partner: Trial | None = None) -> Training:
        framework = self.selection.frameworks[trial.edition]
        environment = self.environments[trial.edition]
        assert isinstance(environment, Environment)  # obstacle has seen to it
        setup = set_up(framework, trial, trial.precision, self.threads)
        # A worker waits as long as its partner works.
        workers = 1 if partner is None else 2
        return Training(
            replace(self._blank(trial), in_turns_with=None if partner is None else partner.id),
            setup,
            self._job(trial, framework, setup),
            Invocation(
                command=(str(environment.python), "-P", "-m", "bench.worker"),
                environment=worker_environment(setup.environment, trial.device, framework.root),
                log=self.run.log_file(trial.id),
                standard_input="",
                time_limit_seconds=workers * self.selection.plan.time_limit_seconds,
                silence_limit_seconds=workers * self.selection.plan.silence_limit_seconds,
                memory_limit_bytes=self.selection.plan.memory_limit_bytes,
            ),
        )

    def _job(self, trial: Trial, framework: Framework, setup: Setup) -> Job:
        data, catalog = self.data[trial.dataset], self.selection.catalog
        weights = self.inputs.weights(
            trial.model, catalog.spec(trial.model, trial.dataset), trial.seed
        )
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
            model_folder=str(catalog.models[trial.model].folder or ""),
        )


def _any_batch_size(trial: Trial) -> Trial:
    return replace(trial, batch_size=0, repeat=0)
