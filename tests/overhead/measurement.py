"""Runs the invocations of a paired measurement, the frameworks in turns."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random

from bench.errors import UnavailableError
from bench.host.cache import turn
from bench.host.data.inputs import Inputs
from bench.host.environments.preparation import Environment, Environments, Say
from bench.host.frameworks.framework import Framework
from bench.host.frameworks.setup import DEFAULT, set_up
from bench.host.process.conversation import Limits
from bench.host.process.executor import Executor, Invocation, prepare_invocation
from bench.host.process.outcome import Event, explain_failure
from bench.job import NATIVE, Execution
from bench.models import MODELS
from bench.optimizer import Optimizer
from bench.spec import Samples
from tests.overhead.job import PairsJob, Side

LIMITS = Limits(seconds=900)
SEED = 1


@dataclass(frozen=True)
class Case:
    """What is measured in one framework and mode.

    Attributes:
        settings, layout: as of a trial.
    """

    framework: Framework
    model: str
    samples: Samples
    batch_size: int
    optimizer: Optimizer
    mode: str
    device: str
    sides: tuple[Side, Side]

    @property
    def title(self) -> str:
        """The case in words."""
        return f"{self.model} in {self.framework.title}, {self.mode}"


@dataclass(frozen=True)
class Measured:
    """The pairs of each invocation: (seconds of the first side, of the second).

    Attributes:
        steps: of a block, of each pair.
        loops: of each invocation with the harness, {step_seconds, block_seconds} of its loop
            around a step that does nothing.
        failure: why it is not whole, None where it is.
        interrupted: whether that is because somebody ended the command.
    """

    case: Case
    pairs: tuple[tuple[tuple[float, float], ...], ...]
    steps: tuple[tuple[int, ...], ...]
    loops: tuple[dict[str, float], ...]
    framework_version: str | None
    failure: str | None
    interrupted: bool = False


@dataclass
class Measurement:
    """How cases are measured.

    Attributes:
        invocations: fresh processes of each case.
        pairs: blocks of each side in an invocation.
        builds: how often both sides are built in an invocation.
        scratch: a folder for weights and logs.
    """

    environments: Environments
    threads: int
    invocations: int
    pairs: int
    builds: int
    block_seconds: float
    scratch: Path
    say: Say
    executor: Executor = field(default_factory=Executor)

    def measure(self, cases: Sequence[Case]) -> list[Measured]:
        """Every case, its invocations spread over the whole run, in a seeded random order.

        KeyboardInterrupt ends it early: then it is what was finished.
        """
        events: dict[int, list[list[Event]]] = {number: [] for number in range(len(cases))}
        failures: dict[int, str] = {}
        interrupted = False
        try:
            self._measure(cases, events, failures)
        except KeyboardInterrupt:
            interrupted = True
        return [
            self._told(case, events[number], failures.get(number), interrupted)
            for number, case in enumerate(cases)
        ]

    def _measure(
        self, cases: Sequence[Case], events: dict[int, list[list[Event]]], failures: dict[int, str]
    ) -> None:
        for place, number in self._order(len(cases)):
            if number in failures:
                continue
            self.say(f"{cases[number].title} ({place} of {self.invocations}) ...")
            found, failure = self._invoke(cases[number], place)
            events[number].append(found)
            if failure is not None:
                failures[number] = failure

    def _told(
        self, case: Case, events: list[list[Event]], failure: str | None, interrupted: bool
    ) -> Measured:
        if interrupted and failure is None and len(events) < self.invocations:
            failure = f"interrupted: {len(events)} of {self.invocations} invocations"
        return replace(_measured(case, events, failure), interrupted=interrupted)

    def _order(self, cases: int) -> Iterator[tuple[int, int]]:
        random = Random(SEED)
        for place in range(1, self.invocations + 1):
            for number in random.sample(range(cases), cases):
                yield place, number

    def _invoke(self, case: Case, place: int) -> tuple[list[Event], str | None]:
        environment = self.environments[case.framework.edition]
        if isinstance(environment, UnavailableError):
            return [], str(environment)
        with turn("measuring"):
            events, outcome = self.executor.gather(self._invocation(case, environment, place))
        return events, explain_failure(events, outcome)

    def _invocation(self, case: Case, environment: Environment, place: int) -> Invocation:
        execution = Execution(case.mode, "ieee", case.device, self.threads, NATIVE)
        setup = set_up(case.framework, case.model, DEFAULT, execution)
        spec = MODELS[case.model].build(case.samples)
        job = PairsJob(
            framework=case.framework.name,
            implementation=str(case.framework.folder),
            model=case.model,
            samples=case.samples,
            optimizer=case.optimizer,
            execution=setup.execution,
            batch_size=case.batch_size,
            sides=case.sides,
            weights=str(Inputs(self.scratch).write_weights(case.model, spec, SEED).path),
            pairs=self.pairs,
            builds=self.builds,
            block_seconds=self.block_seconds,
            seed=place,
        )
        return prepare_invocation(
            "tests.overhead.worker",
            job,
            environment.python,
            setup,
            self.scratch / "worker.log",
            LIMITS,
        )


def _measured(case: Case, invocations: list[list[Event]], failure: str | None) -> Measured:
    pairs = [[event for event in events if event["event"] == "pair"] for events in invocations]
    whole = [found for found in pairs if found]
    versions = [
        event["framework_version"]
        for events in invocations
        for event in events
        if event["event"] == "imported"
    ]
    return Measured(
        case,
        tuple(tuple((one["seconds"][0], one["seconds"][1]) for one in found) for found in whole),
        tuple(tuple(int(one["steps"]) for one in found) for found in whole),
        tuple(
            {name: float(event[name]) for name in ("step_seconds", "block_seconds")}
            for events in invocations
            for event in events
            if event["event"] == "loop"
        ),
        str(versions[0]) if versions else None,
        failure,
    )
