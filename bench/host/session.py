"""One run: prepares everything that its trials share, then turns trials into records."""

import os
import tempfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import Any

from bench.errors import InterpreterError, PlanError, UnavailableError
from bench.host.cache import cache_folder, locked
from bench.host.data import DATASETS
from bench.host.data.prepared import Prepared, prepare_dataset
from bench.host.environments import Environment, Say, prepare_environment
from bench.host.executor import Event, Executor, Invocation, LocalProcess
from bench.host.frameworks import ROOT, Framework, discover
from bench.host.inputs import Inputs
from bench.host.load import LoadMeter
from bench.host.machine import commit, default_threads, describe_machine
from bench.host.plan import Plan, choose_frameworks, expand, read_plan
from bench.host.request import Request
from bench.host.store import Run
from bench.host.transcript import Transcript
from bench.job import Execution, Job
from bench.models import MODELS
from bench.results import Record, Status, Trial
from bench.spec import ModelSpec

Listener = Callable[[Event], None]

# What a worker may see of the user's environment: what programs need to start,
# to find libraries, devices and compilers, and nothing that could be a secret.
PASSED_VARIABLES = (
    "PATH",
    "HOME",
    "USER",
    "LOGNAME",
    "LANG",
    "LC_ALL",
    "LC_CTYPE",
    "TZ",
    "TMPDIR",
    "XDG_CACHE_HOME",
    "LD_LIBRARY_PATH",
    "CUDA_HOME",
    "CUDA_PATH",
    "CUDA_VISIBLE_DEVICES",
    "CC",
    "CXX",
)


@dataclass(frozen=True)
class Selection:
    """What a request comes to: the plan's trials of the chosen frameworks."""

    request: Request
    plan: Plan
    frameworks: Mapping[str, Framework]
    trials: tuple[Trial, ...]


def select(request: Request) -> Selection:
    """Read the plan and expand it; prepares nothing.

    Raises:
        FrameworkError, InterpreterError, PlanError: something named does not exist or is malformed.
    """
    known = discover(request.implementations)
    frameworks = choose_frameworks(known, request.frameworks)
    for name in request.pythons or {}:
        if name not in known:
            raise InterpreterError(
                f"--python {name}=...: there is no framework {name!r}; expected one of "
                f"{', '.join(known)}."
            )
    plan = read_plan(request.plan, known)
    trials = tuple(expand(plan, frameworks, request.device))
    if not trials:
        raise PlanError(
            f"The plan {plan.name!r} has no trial for {', '.join(frameworks)}; expected frameworks "
            "that it names; choose others with --frameworks or another --plan."
        )
    return Selection(request, plan, frameworks, trials)


@dataclass
class Session:
    """A prepared run.

    Attributes:
        environments: by framework; an error where it cannot be had.
        threads: the same for every framework.
        statuses: of the trials so far.
    """

    selection: Selection
    run: Run
    inputs: Inputs
    environments: Mapping[str, Environment | UnavailableError]
    data: Mapping[str, Prepared]
    threads: int
    machine: dict[str, Any] = field(default_factory=describe_machine)
    commit: str | None = field(default_factory=commit)
    executor: Executor = field(default_factory=LocalProcess)
    statuses: list[Status] = field(default_factory=list)

    def execute(self, trial: Trial, listen: Listener) -> Record:
        """Run a trial to its record, which is in the run's folder when this returns."""
        record = self._blank(trial)
        reason = self._obstacle(trial)
        if reason is not None:
            record = replace(record, status="skipped", reason=reason)
        else:
            # One measurement at a time on this machine, whoever started the other run.
            with locked(cache_folder() / "measuring"):
                record = self._train(record, listen)
        self.run.append(record)
        self.statuses.append(record.status)
        return record

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
        )

    def _obstacle(self, trial: Trial) -> str | None:
        """Why a trial cannot be run here, if so."""
        framework = self.selection.frameworks[trial.framework]
        model = MODELS[trial.model]
        environment = self.environments[trial.framework]
        if model.family not in framework.families:
            return f"{framework.title} has no implementation of {model.family}."
        if trial.mode not in framework.modes:
            return f"{framework.title} has no mode {trial.mode!r}."
        if isinstance(environment, UnavailableError):
            return str(environment)
        samples = self.data[trial.dataset].samples
        if trial.batch_size > samples:
            return f"A batch of {trial.batch_size:,} is more than the {samples:,} training samples."
        try:
            self._spec(trial)
        except ValueError as error:
            return str(error)
        return None

    def _spec(self, trial: Trial) -> ModelSpec:
        dataset = DATASETS[trial.dataset]
        return MODELS[trial.model].build(dataset.shape, dataset.classes)

    def _train(self, record: Record, listen: Listener) -> Record:
        trial = record.trial
        framework = self.selection.frameworks[trial.framework]
        environment = self.environments[trial.framework]
        assert isinstance(environment, Environment)  # _obstacle has seen to it
        variables = worker_environment(framework, trial.device, self.threads)
        transcript = Transcript()
        limit = self.selection.plan.time_limit_seconds

        last_event = start = monotonic()

        def on_event(event: Event) -> None:
            nonlocal last_event
            last_event = monotonic()
            transcript.add(event)
            listen(event)

        invocation = Invocation(
            command=(str(environment.python), "-P", "-m", "bench.worker"),
            environment=variables,
            log=self.run.log_file(trial.id),
            standard_input=self._job(trial, framework).to_json(),
            time_limit_seconds=limit,
        )
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
            environment={
                name: variables[name] for name in sorted(_own_variables(framework, trial))
            },
            load=asdict(load),
            log=None if status == "ok" else outcome.log_tail or None,
            **transcript.fields(),
        )

    def _job(self, trial: Trial, framework: Framework) -> Job:
        data = self.data[trial.dataset]
        weights = self.inputs.weights(trial.model, self._spec(trial), trial.seed)
        order = self.inputs.order(data.samples, trial.batch_size, trial.epochs, trial.seed)
        return Job(
            framework=framework.name,
            implementation=str(framework.folder),
            model=trial.model,
            input_shape=data.shape,
            classes=data.classes,
            optimizer=trial.optimizer,
            execution=Execution(trial.mode, trial.precision, trial.device, self.threads),
            batch_size=trial.batch_size,
            epochs=trial.epochs,
            warmup_steps=self.selection.plan.warmup_steps,
            block_seconds=self.selection.plan.block_seconds,
            weights=str(weights.path),
            order=str(order.path),
            layout=framework.layout,
            arrays={name: str(path) for name, path in data.arrays(framework.layout).items()},
            digests={"weights": weights.digest, "data": data.digest, "order": order.digest},
        )


def prepare_data(trials: Iterable[Trial], say: Say) -> dict[str, Prepared]:
    """The prepared data sets of the trials.

    Raises:
        DataError: one cannot be had.
    """
    prepared = {}
    for name in dict.fromkeys(trial.dataset for trial in trials):
        say(f"Preparing the data set {name} ...")
        prepared[name] = prepare_dataset(DATASETS[name])
    return prepared


def prepare_environments(
    selection: Selection, trials: Iterable[Trial], say: Say
) -> dict[str, Environment | UnavailableError]:
    """The environments of the trials' frameworks, each or the error that says why there is none.

    Raises:
        InterpreterError: an interpreter that the user named cannot be used.
    """
    environments: dict[str, Environment | UnavailableError] = {}
    for name in dict.fromkeys(trial.framework for trial in trials):
        framework = selection.frameworks[name]
        try:
            environments[name] = prepare_environment(
                framework, selection.request.device, selection.request.pythons or {}, say
            )
        except UnavailableError as error:
            say(f"{framework.title} will be skipped: {error}")
            environments[name] = error
    return environments


def open_session(
    selection: Selection, run: Run, trials: Iterable[Trial], scratch: Path, say: Say
) -> Session:
    """Prepare all that `trials` share; afterwards nothing but trials takes time.

    Args:
        scratch: a folder for files of this run that nobody wants afterwards.

    Raises:
        DataError, InterpreterError: see prepare_data and prepare_environments.
    """
    trials = list(trials)
    # The data first: a missing file is a matter of a moment, an environment one of minutes.
    data = prepare_data(trials, say)
    environments = prepare_environments(selection, trials, say)
    return Session(
        selection=selection,
        run=run,
        inputs=Inputs(scratch),
        environments=environments,
        data=data,
        threads=selection.request.threads or default_threads(),
    )


def scratch_folder() -> "tempfile.TemporaryDirectory[str]":
    """A temporary folder for the files of one run."""
    return tempfile.TemporaryDirectory(prefix="samestep-")


def worker_environment(framework: Framework, device: str, threads: int) -> dict[str, str]:
    """All the variables that a worker sees."""
    environment = {name: os.environ[name] for name in PASSED_VARIABLES if name in os.environ}
    requirements = framework.devices.get(device)
    own = requirements.environment if requirements else {}
    environment.update(
        {name: text.replace("{threads}", str(threads)) for name, text in own.items()}
    )
    if device == "cpu":
        environment["CUDA_VISIBLE_DEVICES"] = ""
    environment["PYTHONPATH"] = str(ROOT)
    environment["PYTHONHASHSEED"] = "0"
    # A worker leaves nothing in the checkout. Environments have their bytecode already.
    environment["PYTHONDONTWRITEBYTECODE"] = "1"
    return environment


def _own_variables(framework: Framework, trial: Trial) -> Iterable[str]:
    """Names of the variables that the framework's description sets, for the record."""
    requirements = framework.devices.get(trial.device)
    return requirements.environment if requirements else ()
