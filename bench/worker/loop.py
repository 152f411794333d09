"""The training loop: blocks of steps under one clock, evaluation between epochs."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter
from typing import Any

from bench.errors import WorkerError
from bench.job import RECORDED_LOSSES
from bench.optimizer import Optimizer
from bench.worker.backend import Backend
from bench.worker.batches import Batches
from bench.worker.pacer import Pacer

Send = Callable[..., None]
Clock = Callable[[], float]


@dataclass
class Loop:
    """Trains a backend on batches and sends what it measures.

    Attributes:
        send: takes an event's name and values.
        clock: seconds; a fake one in tests.
    """

    backend: Backend
    batches: Batches
    optimizer: Optimizer
    pacer: Pacer
    send: Send
    clock: Clock = perf_counter
    steps_done: int = 0

    def train(self) -> None:
        """Train for all epochs.

        Raises:
            WorkerError: the loss is no longer a finite number.
        """
        for epoch in range(self.batches.epochs):
            self._set_learning_rate(epoch)
            loss, seconds = self._epoch(epoch)
            test_loss, accuracy, evaluation_seconds = self._evaluate()
            self.send(
                "epoch",
                train_loss=loss,
                test_loss=test_loss,
                test_accuracy=accuracy,
                seconds=seconds,
                evaluation_seconds=evaluation_seconds,
            )

    def _set_learning_rate(self, epoch: int) -> None:
        changes = {change.epoch: change.learning_rate for change in self.optimizer.changes}
        if epoch in changes:
            self.backend.set_learning_rate(changes[epoch])

    def _epoch(self, epoch: int) -> tuple[float, float]:
        """Mean loss per sample over the epoch, and the seconds of its blocks."""
        total_loss = total_seconds = 0.0
        step = 0
        while step < self.batches.steps:
            steps = self.pacer.next_steps(self.batches.steps - step)
            losses, seconds = self._block(epoch, step, steps)
            total_loss += math.fsum(losses)
            total_seconds += seconds
            step += steps
        return total_loss / (step * self.batches.batch_size), total_seconds

    def _block(self, epoch: int, first: int, steps: int) -> tuple[list[float], float]:
        """Train one block; the clock runs from one synchronisation to the next."""
        inputs, labels = self.batches.block(epoch, first, steps)
        take_step = self.backend.step
        handles: list[Any] = []
        self.backend.synchronize()
        start = self.clock()
        for index in range(steps):
            handles.append(take_step(inputs[index], labels[index]))
        self.backend.synchronize()
        seconds = self.clock() - start
        losses = self.backend.losses(handles)
        self._report(losses, seconds)
        return losses, seconds

    def _report(self, losses: list[float], seconds: float) -> None:
        means = [loss / self.batches.batch_size for loss in losses]
        if self.steps_done == 0:
            self.send("first_step", seconds=seconds)
        self.send(
            "block",
            steps=len(losses),
            samples=len(losses) * self.batches.batch_size,
            seconds=seconds,
            warmup=self.pacer.warming_up,
            losses=means[: max(0, RECORDED_LOSSES - self.steps_done)],
        )
        self.pacer.record(len(losses), seconds)
        for index, mean in enumerate(means, start=self.steps_done + 1):
            if not math.isfinite(mean):
                raise WorkerError(
                    f"The loss is {mean} at step {index}: training diverged; lower the learning "
                    "rate of the plan, or suspect the implementation if other frameworks do not."
                )
        self.steps_done += len(losses)

    def _evaluate(self) -> tuple[float, float, float]:
        """(mean loss per sample, accuracy, seconds) on the test data."""
        start = self.clock()
        loss, correct, samples = 0.0, 0, 0
        for inputs, labels in self.batches.test():
            batch_loss, batch_correct = self.backend.evaluate(inputs, labels)
            loss += batch_loss
            correct += batch_correct
            samples += len(labels)
        return loss / samples, correct / samples, self.clock() - start
