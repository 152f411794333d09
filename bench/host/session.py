"""One run: prepares everything that its trials share, then turns trials into records."""

import tempfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import Any

from bench.errors import UnavailableError
from bench.host.cache import turn
from bench.host.data import find_dataset
from bench.host.data.prepared import Prepared, prepare_dataset
from bench.host.environments import Environment, Environments, Say, prepare_environments
from bench.host.executor import Event, Executor, Invocation, LocalProcess
from bench.host.frameworks import Framework
from bench.host.inputs import Inputs
from bench.host.ceilings import measure_ceilings
from bench.host.fitness import examine_machine
from bench.host.load import LoadMeter
from bench.host.machine import commit, default_threads, describe_machine
from bench.host.selection import Selection
from bench.host.setup import TUNED, Setup, set_up, tunings_of
from bench.host.store import Run
from bench.host.transcript import Transcript
from bench.host.variables import worker_environment
from bench.host.verify.trials import Certificates, cell_of, verify_trials
from bench.job import Job
from bench.models import MODELS
from bench.results import NATIVE, Record, Status, Trial
from bench.spec import ModelSpec

Listener = Callable[[Event], None]


@dataclass
class Session:
    """A prepared run.

    Attributes:
        environments: by framework; an error where it cannot be had.
        threads: the same for every framework.
        certificates: of what the trials time; without them the trials are not verified.
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
        return Record(
            run=self.run.name,
            trial=trial,
            status="failed",
            reason=None,
            started=datetime.now(UTC).isoformat(timespec="seconds"),
            plan=self.selection.plan.name,
            commit=self.commit,
            machine=self.machine,
            threads=self.threads,
            position=len(self.statuses) + 1,
            test_samples=self.data[trial.dataset].test_count,
            certificate=self.certificates.get(cell_of(trial, self.selection.frameworks).key),
        )

    def _train(self, record: Record, listen: Listener) -> Record:
        trial = record.trial
        framework = self.selection.frameworks[trial.framework]
        environment = self.environments[trial.framework]
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
            environment=worker_environment(setup.environment, trial.device),
            log=self.run.log_file(trial.id),
            standard_input=self._job(trial, framework, setup).to_json(),
            time_limit_seconds=limit,
            memory_limit_bytes=self.selection.plan.memory_limit_bytes,
        )
        # Only now: making the job may have drawn weights and batch order.
        last_event = start = monotonic()
        meter = LoadMeter()
        outcome = self.executor.run(invocation, on_event)
        load = meter.read()
        status, reason = transcript.verdict(outcome, limit)
        transcript.seconds["process"] = outcome.seconds
        transcript.seconds["exit"] = max(0.0, outcome.seconds - (last_event - start))
        return replace(
            record,
            status=status,
            reason=reason,
            environment=setup.environment,
            tuning=setup.tuning,
            load=asdict(load),
            log=None if status == "ok" else outcome.log_tail or None,
            **transcript.fields(),
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


def build_spec(trial: Trial) -> ModelSpec:
    """The spec of a trial's model on its data set; raises ValueError where they do not fit."""
    return MODELS[trial.model].build(find_dataset(trial.dataset).samples)


def obstacle(
    trial: Trial,
    selection: Selection,
    environments: Environments,
    data: Mapping[str, Prepared],
) -> str | None:
    """Why a trial cannot be run here, if so."""
    framework = selection.frameworks[trial.framework]
    model = MODELS[trial.model]
    environment = environments[trial.framework]
    if model.family not in framework.families:
        return f"{framework.title} has no implementation of {model.family}."
    if trial.mode not in framework.modes:
        return f"{framework.title} has no mode {trial.mode!r}."
    if isinstance(environment, UnavailableError):
        return str(environment)
    if reason := _setup_obstacle(trial, framework):
        return reason
    count = data[trial.dataset].train_count
    if trial.batch_size > count:
        return f"A batch of {trial.batch_size:,} is more than the {count:,} training samples."
    try:
        build_spec(trial)
    except ValueError as error:
        return str(error)
    return None


def _setup_obstacle(trial: Trial, framework: Framework) -> str | None:
    """Why a framework has not the settings that a trial asks for, if so."""
    requirements = framework.devices.get(trial.device)
    # An interpreter of the user's own may train on devices that the description leaves out.
    if requirements and trial.precision not in requirements.precisions:
        return f"{framework.title} has no precision {trial.precision!r} on {trial.device} here."
    if trial.layout not in (NATIVE, *framework.layouts):
        return f"{framework.title} does not compute in the layout {trial.layout} here."
    if trial.settings == TUNED and not tunings_of(framework, trial):
        return (
            f"{framework.title} has no tuned settings for {trial.model} in mode {trial.mode} on "
            f"{trial.device}: none is known to be better than its defaults."
        )
    return None


def _any_batch_size(trial: Trial) -> Trial:
    return replace(trial, batch_size=0, repeat=0)


def prepare_data(trials: Iterable[Trial], say: Say) -> dict[str, Prepared]:
    """The prepared data sets of the trials.

    Raises:
        DataError: one cannot be had.
    """
    prepared = {}
    for name in dict.fromkeys(trial.dataset for trial in trials):
        dataset = find_dataset(name)
        note = " (synthetic: accuracy will mean nothing)" if dataset.synthetic else ""
        say(f"Preparing the data set {name}{note} ...")
        prepared[name] = prepare_dataset(dataset)
    return prepared


def environments_of(
    selection: Selection, trials: Iterable[Trial], say: Say
) -> dict[str, Environment | UnavailableError]:
    """The environments of the trials' frameworks, each or the error that says why there is none.

    Raises:
        InterpreterError: an interpreter that the user named cannot be used.
    """
    names = dict.fromkeys(trial.framework for trial in trials)
    frameworks = [selection.frameworks[name] for name in names]
    request = selection.request
    return prepare_environments(frameworks, request.device, request.pythons or {}, say)


def open_session(
    selection: Selection, run: Run, trials: Iterable[Trial], scratch: Path, say: Say
) -> Session:
    """Prepare all that `trials` share; afterwards nothing but trials takes time.

    Args:
        scratch: a folder for files of this run that nobody wants afterwards.

    Raises:
        DataError, InterpreterError: see prepare_data and environments_of.
    """
    trials = list(trials)
    # The data first: a missing file is a matter of a moment, an environment one of minutes.
    data = prepare_data(trials, say)
    environments = environments_of(selection, trials, say)
    threads = selection.request.threads or default_threads()
    certificates: Certificates = {}
    if selection.request.verified:
        certificates = verify_trials(
            [one for one in trials if obstacle(one, selection, environments, data) is None],
            selection.frameworks,
            environments,
            threads,
            scratch / "verification",
            say,
        )
    return Session(
        selection=selection,
        run=run,
        inputs=Inputs(scratch),
        environments=environments,
        data=data,
        threads=threads,
        certificates=certificates,
    )


def scratch_folder() -> "tempfile.TemporaryDirectory[str]":
    """A temporary folder for the files of one run."""
    return tempfile.TemporaryDirectory(prefix="samestep-")
