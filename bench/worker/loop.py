"""The training loop: blocks of steps under one clock, evaluation between them."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

from bench.errors import DivergedError
from bench.job import RECORDED_LOSSES
from bench.optimizer import Optimizer
from bench.worker.backend import Backend
from bench.worker.batches import Batches, Feed
from bench.worker.process import Partner

Send = Callable[..., None]
Clock = Callable[[], float]
# A growing block is at most this many times as long as the one before it.
GROWTH = 4
# Aimed above the duration, so that a block of ordinary speed is not shorter than it.
MARGIN = 1.1


def divide_into_spans(
    epochs: int, evaluate_every: int, optimizer: Optimizer
) -> Iterator[tuple[int, int, bool]]:
    """Divide all epochs where the test data are evaluated or the learning rate changes.

    Yield (first epoch, end, whether an evaluation follows): nothing in between ends a block.
    """
    evaluations = {*range(evaluate_every, epochs, evaluate_every), epochs}
    changes = {change.epoch for change in optimizer.changes if change.epoch < epochs}
    first = 0
    for end in sorted(evaluations | changes):
        yield first, end, end in evaluations
        first = end


@dataclass
class Pacer:
    """Plans blocks from the durations of the blocks before.

    The first step is a block of its own, since it includes compilation. Blocks then
    grow until one lasts `block_seconds`; none of these is ever measured. From there on
    each has as many steps as last at least `block_seconds`, as long as there are that
    many before the next evaluation, which no block reaches over. A rest that is too
    short for a block of its own joins the block before it.
    """

    block_seconds: float
    most_steps: int
    target: int = 0
    settled: bool = False

    def choose_steps(self, remaining: int) -> int:
        """Choose the steps of the next block; `remaining` are left before the next evaluation."""
        steps = min(max(1, self.target), self.most_steps)
        if self.settled and remaining < 2 * steps and remaining <= self.most_steps:
            return remaining
        return min(steps, remaining)

    def adapt(self, steps: int, seconds: float) -> None:
        """Adapt to a finished block."""
        fitting = math.ceil(MARGIN * self.block_seconds * steps / max(seconds, 1e-9))
        fitting = min(fitting, self.most_steps)
        if self.target == 0:
            self.target = 1  # the first step tells nothing on the second
        elif self.settled:
            if seconds < self.block_seconds and steps >= self.target:
                self.target = max(self.target, fitting)
        elif seconds >= self.block_seconds or steps >= self.most_steps or steps < self.target:
            # Or the next evaluation came before a block was long enough.
            self.target, self.settled = fitting, True
        else:
            self.target = min(fitting, GROWTH * steps)


@dataclass
class Loop:
    """Trains a backend on batches and sends what it measures.

    Attributes:
        feed: source of the batches.
        evaluate_every: epochs from one evaluation to the next.
        send: function that takes an event's name and values.
        clock: clock in seconds; a fake one in tests.
        partner: worker that gets its turn after each block.
    """

    backend: Backend
    batches: Batches
    feed: Feed
    optimizer: Optimizer
    pacer: Pacer
    send: Send
    evaluate_every: int = 1
    clock: Clock = perf_counter
    partner: Partner = field(default_factory=Partner)
    steps_done: int = 0

    def train(self) -> None:
        """Train for all epochs.

        Raises:
            DivergedError: the loss is no longer a finite number.
        """
        losses: list[float] = []
        seconds = 0.0
        rates = {change.epoch: change.learning_rate for change in self.optimizer.changes}
        spans = divide_into_spans(self.batches.epochs, self.evaluate_every, self.optimizer)
        for first_epoch, end_epoch, is_evaluated in spans:
            if first_epoch in rates:
                self.backend.set_learning_rate(rates[first_epoch])
            for block_losses, block_seconds in self._blocks(first_epoch, end_epoch):
                losses += block_losses
                seconds += block_seconds
            if is_evaluated:
                self._evaluate(end_epoch, losses, seconds)
                losses, seconds = [], 0.0

    def _blocks(self, first_epoch: int, end_epoch: int) -> Iterator[tuple[list[float], float]]:
        step, end = first_epoch * self.batches.steps, end_epoch * self.batches.steps
        while step < end:
            steps = self.pacer.choose_steps(end - step)
            yield self.train_block(step, steps, end)
            if (waited := self.partner.pass_on()) is not None:
                self.send("turn", waited=waited)
            step += steps

    def train_block(self, first: int, steps: int, end: int) -> tuple[list[float], float]:
        """Train one block; return its summed losses, and seconds between two synchronizations."""
        take_steps = self.feed.prepare_block(first, steps, end)
        backend, clock = self.backend, self.clock
        backend.synchronize()
        start = clock()
        first_mark = backend.mark()
        handles = take_steps()
        last_mark = backend.mark()
        backend.synchronize()
        seconds = clock() - start
        device_seconds = (
            None if first_mark is None else backend.seconds_between(first_mark, last_mark)
        )
        losses, pending_seconds = self._read_losses(handles)
        self._report(losses, seconds, device_seconds, pending_seconds)
        return losses, seconds

    def _read_losses(self, handles: list[Any]) -> tuple[list[float], float]:
        """Read the losses, and how long the device was still busy although it was synchronized.

        That is the time to read the last loss, for which the steps before have to be done: some
        microseconds, unless the backend's `synchronize` does not wait.
        """
        start = self.clock()
        last = self.backend.losses(handles[-1:])
        pending = self.clock() - start
        earlier = self.backend.losses(handles[:-1]) if len(handles) > 1 else []
        return [*earlier, *last], pending

    def _report(
        self,
        losses: list[float],
        seconds: float,
        device_seconds: float | None,
        pending_seconds: float,
    ) -> None:
        means = [loss / self.batches.batch_size for loss in losses]
        if self.steps_done == 0:
            self.send("first_step", seconds=seconds)
        self.send(
            "block",
            steps=len(losses),
            samples=len(losses) * self.batches.batch_size,
            seconds=seconds,
            device_seconds=device_seconds,
            pending_seconds=pending_seconds,
            warmup=not self.pacer.settled,
            losses=means[: max(0, RECORDED_LOSSES - self.steps_done)],
        )
        self.pacer.adapt(len(losses), seconds)
        for index, mean in enumerate(means, start=self.steps_done + 1):
            _check_finite(mean, f"loss is {mean} at step {index}")
        self.steps_done += len(losses)

    def _evaluate(self, epochs: int, losses: list[float], seconds: float) -> None:
        start = self.clock()
        loss, correct, samples = 0.0, 0, 0
        for inputs, labels in self.batches.iterate_test_batches():
            batch_loss, batch_correct = self.backend.evaluate(inputs, labels)
            loss += batch_loss
            correct += batch_correct
            samples += len(labels)
        _check_finite(loss, f"loss on the test data is {loss} after epoch {epochs}")
        self.send(
            "epoch",
            number=epochs,
            train_loss=math.fsum(losses) / (len(losses) * self.batches.batch_size),
            test_loss=loss / samples,
            test_accuracy=correct / samples,
            seconds=seconds,
            evaluation_seconds=self.clock() - start,
        )


def _check_finite(loss: float, words: str) -> None:
    if not math.isfinite(loss):
        raise DivergedError(
            f"The {words}: training diverged; lower the learning rate of the plan, or suspect the "
            "implementation if other frameworks do not."
        )
