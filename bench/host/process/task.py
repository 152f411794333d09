"""Gives a worker its job and gathers what it answers: trials, cells, ceilings and pairs alike."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bench.codec import Message
from bench.host.frameworks.framework import ROOT
from bench.host.frameworks.setup import Setup, build_worker_environment
from bench.host.monitor.sampler import Monitor
from bench.host.process.conversation import Limits
from bench.host.process.executor import Executor, Invocation
from bench.host.process.outcome import Event, WorkerOutcome

Listener = Callable[[Event], None]


@dataclass(frozen=True)
class Task:
    """A job and the process that does it.

    Attributes:
        module: the worker's program, such as `bench.worker`.
        root: the checkout whose worker runs.
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
    listen: Listener = lambda event: None,
    monitor: Monitor | None = None,
) -> tuple[list[Event], WorkerOutcome]:
    """Run a worker to its end; return its events, which `listen` hears at once, and its outcome."""
    events: list[Event] = []

    def hear(event: Event) -> None:
        events.append(event)
        listen(event)

    invocation = Invocation(
        (str(task.python), "-P", "-m", task.module),
        task.variables,
        task.log,
        task.job.to_json(),
        task.limits,
        task.descriptors,
    )
    return events, executor.run(invocation, hear, monitor)
