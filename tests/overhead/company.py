"""What a waiting worker costs the one that trains: nothing, which is measured here.

A worker of samestep trains LeNet, block by block. In every other window of blocks the worker of
another framework waits beside it that has started up and built (`bench.host.session.waiting`); in
the others there is none. Each window comes right after such a worker was started, so that nothing
differs between them but that it is there.
"""

import argparse
import os
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from queue import SimpleQueue
from statistics import median
from threading import Thread
from typing import Any

from bench.errors import PlanError
from bench.host.cache import make_scratch_folder, turn
from bench.host.data.inputs import Inputs
from bench.host.environments.preparation import Say, select_available
from bench.host.machine.description import describe_machine, read_commit
from bench.host.machine.nvml import open_gpu
from bench.host.machine.speed import measure_machine_speed
from bench.host.planning.request import add_framework_options, read_framework_request
from bench.host.planning.selection import select
from bench.host.process.executor import Executor
from bench.host.process.outcome import Event
from bench.host.session.opening import prepare_data, prepare_environments_of
from bench.host.session.store import RunFolder, create_run
from bench.host.session.training import PreparedRun, prepare_training
from bench.host.session.waiting import WaitingRoom
from bench.job import Turns
from bench.records.results import Trial
from bench.worker.process import BYTE
from tests.overhead.ratios import Ratio, ratio_of_pairs

PLAN = Path(__file__).with_name("company.toml")
# Blocks grow until they are long enough.
WARM_UP_BLOCKS = 20
SCHEMA = 1
Pair = tuple[float, float]


@dataclass(frozen=True)
class Options:
    """How much is measured.

    Attributes:
        invocations: fresh processes of each framework.
        rounds: pairs of windows in each.
        blocks: in a window.
    """

    invocations: int
    rounds: int
    blocks: int


@dataclass(frozen=True)
class Accompanied:
    """Seconds of a step, (with a waiting worker, without one), of each pair of windows."""

    framework: str
    invocations: tuple[tuple[Pair, ...], ...]

    @property
    def ratio(self) -> Ratio:
        """How fast it trains with a waiting worker by how fast it does without."""
        return ratio_of_pairs(self.invocations)


class Trained:
    """A worker that trains a block whenever it is let."""

    def __init__(self, prepared: PreparedRun, folder: RunFolder, trial: Trial) -> None:
        self._executor = Executor()
        self._seconds: SimpleQueue[float] = SimpleQueue()
        reads, self._lets = os.pipe()
        self._ended, writes = os.pipe()
        training = prepare_training(prepared, folder, trial)

        def run() -> None:
            with open_gpu(trial.device, training.invocation.environment) as gpu:
                training.run(self._executor, gpu, self._hear, Turns(reads, writes, first=True))

        self._thread = Thread(target=run)
        self._thread.start()
        # It trains its first step, which compiles, before it asks.
        self._await_block()
        self._seconds.get()
        self.train(WARM_UP_BLOCKS)

    def train(self, blocks: int) -> float:
        """Let it train so many blocks; return the median seconds of a step.

        Raises:
            PlanError: it has ended.
        """
        for _ in range(blocks):
            os.write(self._lets, BYTE)
            self._await_block()
        return median(self._seconds.get() for _ in range(blocks))

    def end(self) -> None:
        """End it, whatever it does."""
        self._executor.stop()
        self._thread.join()
        os.close(self._lets)
        os.close(self._ended)

    def _hear(self, event: Event) -> None:
        if event["event"] == "block":
            self._seconds.put(event["seconds"] / event["steps"])

    def _await_block(self) -> None:
        if not os.read(self._ended, len(BYTE)):
            raise PlanError("The worker that is measured has ended; expected it to train on.")


def measure(
    prepared: PreparedRun, folder: RunFolder, options: Options, say: Say
) -> list[Accompanied]:
    """Measure each framework of the plan, beside a worker of the next one."""
    trials = prepared.selection.trials
    company = dict(zip(trials, [*trials[1:], trials[0]], strict=True))
    pairs: dict[str, list[tuple[Pair, ...]]] = {trial.framework: [] for trial in trials}
    for number in range(options.invocations):
        for trial, beside in company.items():
            place = f"{number + 1} of {options.invocations}"
            say(f"{trial.framework} beside {beside.framework} ({place}) ...")
            with turn("measuring"):
                pairs[trial.framework].append(
                    _measure_invocation(prepared, folder, trial, beside, options)
                )
    return [Accompanied(framework, tuple(found)) for framework, found in pairs.items()]


def _measure_invocation(
    prepared: PreparedRun, folder: RunFolder, trial: Trial, beside: Trial, options: Options
) -> tuple[Pair, ...]:
    trained = Trained(prepared, folder, trial)
    try:
        return tuple(
            _measure_pair(prepared, folder, trained, beside, options.blocks, number % 2 == 0)
            for number in range(options.rounds)
        )
    finally:
        trained.end()


def _measure_pair(
    prepared: PreparedRun,
    folder: RunFolder,
    trained: Trained,
    beside: Trial,
    blocks: int,
    accompanied_first: bool,
) -> Pair:
    """Seconds of a step with a waiting worker, and without one; each of them may come first."""
    seconds = {}
    for accompanied in (accompanied_first, not accompanied_first):
        room = WaitingRoom(Executor(), 1, lambda line: None)
        room.admit([prepare_training(prepared, folder, beside)])
        if not accompanied:
            room.close()
        # As before every trial; meanwhile threads that spin at first go to sleep.
        measure_machine_speed(prepared.selection.request.thread_count)
        seconds[accompanied] = trained.train(blocks)
        room.close()
    return seconds[True], seconds[False]


def add_company_options(add: Callable[..., Any]) -> None:
    """Declare the options of the command."""
    add_framework_options(add)
    for name, default, words in (
        ("invocations", 3, "fresh processes of each framework"),
        ("rounds", 8, "pairs of windows in each, one of them with a waiting worker"),
        ("blocks", 20, "blocks in a window"),
    ):
        add(
            f"--{name}",
            type=int,
            default=default,
            metavar="N",
            help=f"{words} (default: {default})",
        )


def measure_company(options: argparse.Namespace, say: Say) -> list[Accompanied]:
    """Measure what a user asks for.

    Raises:
        PlanError: a number cannot be.
    """
    numbers = {item.name: getattr(options, item.name) for item in fields(Options)}
    for name, value in numbers.items():
        if value < 1:
            raise PlanError(f"--{name} is {value}; expected at least 1.")
    request = replace(
        read_framework_request(lambda name: getattr(options, name)), plan=str(PLAN), device="cpu"
    )
    selection = select(request)
    with make_scratch_folder() as scratch:
        environments = prepare_environments_of(selection, selection.trials, say)
        available = select_available(environments)
        selection = replace(
            selection,
            trials=tuple(trial for trial in selection.trials if trial.edition in available),
        )
        prepared = PreparedRun(
            selection=selection,
            inputs=Inputs(scratch),
            environments=environments,
            data=prepare_data(selection.trials, selection.catalog, say),
        )
        return measure(
            prepared, create_run(scratch / "results", "company"), Options(**numbers), say
        )


def to_row(result: Accompanied) -> dict[str, str]:
    """Return a line of the table."""
    ratio = result.ratio
    interval = "one invocation: none"
    if ratio.low is not None:
        interval = f"{ratio.low:.4f} to {ratio.high:.4f}"
    return {
        "framework": result.framework,
        "ratio": f"{ratio.median:.4f}",
        "95 % interval": interval,
        "pairs": " + ".join(str(len(pairs)) for pairs in result.invocations),
    }


def to_rows(results: Sequence[Accompanied]) -> list[dict[str, str]]:
    """Return the table, all frameworks together in its last line."""
    together = Accompanied("all", tuple(pairs for one in results for pairs in one.invocations))
    return [to_row(result) for result in (*results, together)]


def to_document(results: Sequence[Accompanied]) -> dict[str, Any]:
    """Return all that was measured, with every raw value, for JSON."""
    return {
        "schema": SCHEMA,
        "command": "company",
        "machine": describe_machine(),
        "commit": read_commit(),
        "frameworks": [{**asdict(result), "ratio": asdict(result.ratio)} for result in results],
    }
