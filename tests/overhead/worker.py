"""Measures two ways to train, in turns: `python -P -m tests.overhead.worker CHANNEL`.

A job (`tests.overhead.job.PairsJob`) comes on standard input.
"""

import importlib
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from random import Random
from statistics import median
from time import perf_counter
from types import ModuleType
from typing import Any, Protocol, cast

import numpy as np

from bench.errors import WorkerError
from bench.models import MODELS
from bench.optimizer import Optimizer
from bench.spec import ModelSpec, arrays_of, check_parameters
from bench.worker.backend import Backend, import_backend, import_file
from bench.worker.batches import Batches, PreparedFeed
from bench.worker.loop import Clock, Loop, Pacer
from bench.worker.process import Channel, list_versions, serve
from tests.overhead.job import PairsJob, Side

Array = np.ndarray[Any, Any]
# (inputs, labels) of several steps -> None, once the device is done.
Train = Callable[[Array, Array], None]
# Takes a number of steps; gives their seconds.
Block = Callable[[int], float]
# Batches repeat after this many steps: what they hold does not change what a step costs.
DIFFERENT_STEPS = 64
WARMUP_PAIRS = 2
EMPTY_BLOCKS = 200
EMPTY_STEPS = 64


class Bare(Protocol):
    """What a framework's bare.py offers: training as its users write it, without us."""

    def own_model(self, spec: ModelSpec, weights: Mapping[str, Array], execution: Any) -> Any:
        """Our model as the framework's own object, with these weights."""

    def bare_loop(self, model: Any, optimizer: Any, execution: Any) -> Train:
        """A loop over batches with the framework's own loss and optimizer."""


def run(text: str, channel: Channel) -> None:
    """Measure the pairs; each goes over the channel."""
    job = PairsJob.from_json(text)
    backend_class = import_backend(job.framework, job.implementation)
    channel.send("imported", framework_version=backend_class.version, versions=list_versions())
    spec = MODELS[job.model].build(job.samples)
    with np.load(job.weights, allow_pickle=False) as archive:
        weights = {name: archive[name] for name in archive.files}
    check_parameters(arrays_of(spec), weights, "the weights")
    batches = draw_batches(job, weights)
    if "harness" in job.sides:
        channel.send("loop", **measure_loop_alone(batches))

    def build(side: Side) -> Block:
        return _build_block(side, job, spec, batches, backend_class)

    measure(build, job, channel.send)
    channel.send("finished")


def measure(build: Callable[[Side], Block], job: PairsJob, send: Callable[..., None]) -> None:
    """Build the sides; find how many steps a block needs, warm up, send pairs; and build again."""
    random = Random(job.seed)
    for number in range(job.builds):
        places = (0, 1) if number % 2 == 0 else (1, 0)
        block_of = {place: build(job.sides[place]) for place in places}
        blocks = [block_of[0], block_of[1]]
        steps = _count_steps(blocks, job.block_seconds)
        share = range(number * job.pairs // job.builds, (number + 1) * job.pairs // job.builds)
        for _ in range(WARMUP_PAIRS):
            _measure_pair(blocks, steps, random)
        for _ in share:
            send("pair", steps=steps, seconds=_measure_pair(blocks, steps, random))


def _measure_pair(blocks: list[Block], steps: int, random: Random) -> list[float]:
    """Return the seconds of both sides, which run one after the other in random order."""
    seconds = [0.0, 0.0]
    for place in random.sample((0, 1), 2):
        seconds[place] = blocks[place](steps)
    return seconds


def _count_steps(blocks: list[Block], block_seconds: float) -> int:
    """Count the steps in which the faster side takes block_seconds; the first ones compile."""
    steps = 1
    for block in blocks:
        block(1)
    while min(block(steps) for block in blocks) < block_seconds:
        steps *= 2
    return steps


def draw_batches(job: PairsJob, weights: dict[str, Array]) -> Batches:
    """Draw samples and labels, in an order that repeats: nothing depends on what they are."""
    generator = np.random.default_rng(job.seed)
    count = DIFFERENT_STEPS * job.batch_size
    shape = job.samples.shape
    inputs: Array
    if job.samples.vocabulary is None:
        if job.execution.layout == "NHWC":
            shape = (*shape[1:], shape[0])
        inputs = generator.random((count, *shape), dtype=np.float32)
    else:
        inputs = generator.integers(0, job.samples.vocabulary, (count, *shape), dtype=np.int32)
    labels = generator.integers(0, job.samples.classes, count)
    order = np.arange(count, dtype=np.int32).reshape(1, DIFFERENT_STEPS, job.batch_size)
    return Batches(weights, order, inputs, labels, inputs[:1], labels[:1])


class Nothing:
    """A backend whose step does nothing: what is left is the harness."""

    def step(self, inputs: Array, labels: Array) -> None:
        """No step."""

    def synchronize(self) -> None:
        """Nothing to wait for."""

    def mark(self) -> None:
        """No event."""

    def losses(self, handles: list[Any]) -> list[float]:
        """A loss that is fine."""
        return [0.0] * len(handles)


def measure_loop_alone(batches: Batches, clock: Clock = perf_counter) -> dict[str, float]:
    """Measure the seconds of a step and of a block in the harness's loop around no step at all.

    From blocks of one step and of many: the difference is what the steps take.
    """
    backend, cycle = cast(Backend, Nothing()), _Cycle(**vars(batches))
    pacer = Pacer(1.0, cycle.most_steps)
    rule = Optimizer("sgd", 0.0)
    feed = PreparedFeed(backend, cycle)
    loop = Loop(backend, cycle, feed, rule, pacer, lambda event, **values: None, clock=clock)
    one, many = (
        median(loop.train_block(0, steps, steps)[1] for _ in range(EMPTY_BLOCKS))
        for steps in (1, 1 + EMPTY_STEPS)
    )
    return {"step_seconds": (many - one) / EMPTY_STEPS, "block_seconds": one}


class _Cycle(Batches):
    """The batches again and again: step 64 is step 0."""

    def select_steps(self, first: int, steps: int) -> Array:
        rows: Array = self.order[0, (first + np.arange(steps)) % DIFFERENT_STEPS]
        return rows


def _build_block(
    side: Side, job: PairsJob, spec: ModelSpec, batches: Batches, backend_class: type[Backend]
) -> Block:
    cycle = _Cycle(**vars(batches))
    if side == "harness":
        return _build_harness(job, spec, cycle, backend_class)
    bare = cast(Bare, import_side(job.framework, job.implementation, "bare"))
    if side == "bare":
        model = bare.own_model(spec, batches.weights, job.execution)
    else:
        model = _find_reference(job)(spec)
    train = bare.bare_loop(model, job.optimizer, job.execution)
    return _time(train, cycle)


def import_side(framework: str, implementation: str, name: str) -> ModuleType:
    """Import bare.py or references.py from the framework's own folder, or else from ours.

    The framework's backend has been imported: it is what makes `impls.<framework>` that folder.
    """
    if (Path(implementation) / f"{name}.py").is_file():
        return import_file(framework, implementation, name)
    return importlib.import_module(f"tests.overhead.frameworks.{framework}.{name}")


def _build_harness(
    job: PairsJob, spec: ModelSpec, cycle: Batches, backend_class: type[Backend]
) -> Block:
    """Return a block of the very loop that trials run, with its own clock."""
    backend = backend_class(spec, job.optimizer, job.execution)
    backend.load(cycle.weights)
    feed, pacer = PreparedFeed(backend, cycle), Pacer(job.block_seconds, cycle.most_steps)
    loop = Loop(backend, cycle, feed, job.optimizer, pacer, lambda event, **values: None)
    return lambda steps: loop.train_block(0, steps, steps)[1]


def _time(train: Train, cycle: Batches) -> Block:
    def block(steps: int) -> float:
        inputs, labels = cycle.gather_block(0, steps)
        start = perf_counter()
        train(inputs, labels)
        return perf_counter() - start

    return block


def _find_reference(job: PairsJob) -> Callable[[ModelSpec], Any]:
    """Find what makes the framework's own model of the same name.

    Raises:
        WorkerError: the implementation names none.
    """
    models = import_side(job.framework, job.implementation, "references").MODELS
    if job.model not in models:
        raise WorkerError(
            f"The framework's references.py has no {job.model}, only {', '.join(models)}."
        )
    return cast(Callable[[ModelSpec], Any], models[job.model])


if __name__ == "__main__":
    sys.exit(serve(run))
