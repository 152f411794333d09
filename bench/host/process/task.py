"""Gives a worker its job and gathers what it answers: trials, cells, ceilings and pairs alike."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bench.codec import Message
from bench.host.frameworks.framework import ROOT
from bench.host.frameworks.setup import Setup
from bench.host.frameworks.variables import build_worker_environment
from bench.host.monitor.sampler import Monitor
from bench.host.process.executor import Executor, Invocation
from bench.host.process.outcome import Event, WorkerOutcome

Listener = Callable[[Event], None]


@dataclass(frozen=True)
class Limits:
    """What a worker may take.

    Attributes:
        seconds: from its start to its end.
        silence_seconds: from one event to the next; None for no limit but that of all.
        memory_bytes: of what it may allocate; None for no limit.
    """

    seconds: float
    silence_seconds: float | None = None
    memory_bytes: int | None = None


@dataclass(frozen=True)
class Task:
    """A job and the process that does it.

    Attributes:
        module: the worker's program, such as `bench.worker`.
        log: file that gets what the worker prints.
        root: the checkout whose worker runs.
        descriptors: files that are handed over to the worker and closed here.
    """

    module: str
    job: Message
    python: Path
    setup: Setup
    log: Path
    limits: Limits
    root: Path = ROOT
    descriptors: tuple[int, ...] = ()

    @property
    def variables(self) -> dict[str, str]:
        """Everything that the worker sees of the environment."""
        return build_worker_environment(
            self.setup.environment, self.setup.execution.device, self.root
        )


def run_task(
    task: Task,
    executor: Executor,
    listen: Listener | None = None,
    monitor: Monitor | None = None,
) -> tuple[list[Event], WorkerOutcome]:
    """Run a worker to its end; return its events and how it ended.

    Args:
        listen: hears each event as it comes.
        monitor: looks at the worker from outside meanwhile.
    """
    events: list[Event] = []

    def hear(event: Event) -> None:
        events.append(event)
        if listen is not None:
            listen(event)

    invocation = Invocation(
        command=(str(task.python), "-P", "-m", task.module),
        environment=task.variables,
        log=task.log,
        standard_input=task.job.to_json(),
        time_limit_seconds=task.limits.seconds,
        silence_limit_seconds=task.limits.silence_seconds,
        memory_limit_bytes=task.limits.memory_bytes,
        descriptors=task.descriptors,
    )
    return events, executor.run(invocation, hear, monitor)
