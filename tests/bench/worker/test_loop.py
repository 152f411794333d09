"""The loop's arithmetic, with a clock and a device that the test owns."""

import math
from collections.abc import Iterator, Mapping, Sequence
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from bench.errors import DivergedError, WorkerError
from bench.optimizer import Change, Optimizer
from bench.worker.backend import Backend
from bench.worker.batches import Batches, NativeFeed, PreparedFeed, make_feed
from bench.worker.loop import Loop, Pacer, divide_into_spans
from bench.worker.process import Partner


class FakeClock:
    """Stands still until somebody lets time pass."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


READING = 0.001  # what it takes to read losses


class FakeBackend:
    """A device that works later: a step returns at once, its time passes at the synchronization."""

    version = "1"

    def __init__(self, clock: FakeClock, seconds_per_step: float) -> None:
        self.clock = clock
        self.seconds_per_step = seconds_per_step
        self.pending = 0.0
        self.labels: list[list[int]] = []
        self.changes: list[tuple[int, float]] = []
        self.synchronizations = 0
        self.has_events = False
        self.loaders: list[int] = []
        self.loss = 2.0

    def load(self, weights: Mapping[str, np.ndarray]) -> None:
        raise NotImplementedError

    def set_learning_rate(self, learning_rate: float) -> None:
        self.changes.append((len(self.labels), learning_rate))

    def step(self, inputs: np.ndarray, labels: np.ndarray) -> float:
        self.pending += self.seconds_per_step
        self.labels.append(labels.tolist())
        assert (inputs[:, 0] == labels).all()
        return self.loss * len(labels)

    def losses(self, handles: Sequence[Any]) -> list[float]:
        assert self.pending == 0
        assert handles, "no framework has to stack nothing"
        self.clock.now += READING  # is no part of a block
        return list(handles)

    def evaluate(self, inputs: np.ndarray, labels: np.ndarray) -> tuple[float, int]:
        self.clock.now += 0.5
        return 3.0 * len(labels), int((labels < 2).sum())

    def synchronize(self) -> None:
        self.clock.now += self.pending
        self.pending = 0.0
        self.synchronizations += 1

    def mark(self) -> float | None:
        return self.clock.now + self.pending if self.has_events else None

    def seconds_between(self, first: float, last: float) -> float:
        assert self.pending == 0
        return last - first

    def memory(self) -> dict[str, int]:
        return {}

    def absent(self) -> dict[str, str]:
        return {}

    def loader(
        self, inputs: np.ndarray, labels: np.ndarray, order: np.ndarray
    ) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        self.loaders.append(len(order))
        for rows in order:
            self.clock.now += 0.05  # what a loader costs
            yield inputs[rows], labels[rows]

    def place(self, inputs: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        self.pending += 0.05  # what a copy to the device costs
        return inputs, labels

    def step_loaded(self, inputs: np.ndarray, labels: np.ndarray) -> float:
        return self.step(inputs, labels)


SAMPLES = 40
OPTIMIZER = Optimizer("sgd", 0.1, changes=(Change(1, 0.01), Change(7, 0.001)))
ORDER = np.stack([np.arange(SAMPLES), np.arange(SAMPLES)[::-1]]).reshape(2, 10, 4)


def batches() -> Batches:
    labels = np.arange(SAMPLES)
    images = np.arange(SAMPLES, dtype=np.float32)[:, None] * np.ones((1, 3), np.float32)
    return Batches({}, ORDER, images, labels, images[:8], labels[:8])


class Sent(list[dict[str, Any]]):
    """Events as they are sent."""

    def __call__(self, event: str, **values: Any) -> None:
        self.append({"event": event, **values})

    def of(self, event: str) -> list[dict[str, Any]]:
        return [one for one in self if one["event"] == event]


def loop(backend: FakeBackend, sent: Sent, evaluate_every: int = 1) -> Loop:
    data = batches()
    feed, pacer = PreparedFeed(backend, data), Pacer(0.36, 100)
    return Loop(backend, data, feed, OPTIMIZER, pacer, sent, evaluate_every, backend.clock)


def trained(seconds_per_step: float = 0.1, evaluate_every: int = 1) -> tuple[FakeBackend, Sent]:
    sent = Sent()
    backend = FakeBackend(FakeClock(), seconds_per_step)
    loop(backend, sent, evaluate_every).train()
    return backend, sent


def test_block_times_are_the_devices_and_nothing_else() -> None:
    _, sent = trained(0.1)
    for block in sent.of("block"):
        assert block["seconds"] == pytest.approx(0.1 * block["steps"])
        assert block["samples"] == 4 * block["steps"]
    assert [block["steps"] for block in sent.of("block")] == [1, 1, 4, 4, 4, 6]
    assert [block["warmup"] for block in sent.of("block")] == [True, True, True, *[False] * 3]
    assert sent.of("first_step") == [{"event": "first_step", "seconds": pytest.approx(0.1)}]


class HastyBackend(FakeBackend):
    """Says that the device is done when it is not: its work is done when a loss is read."""

    def synchronize(self) -> None:
        self.synchronizations += 1

    def losses(self, handles: Sequence[Any]) -> list[float]:
        self.clock.now += self.pending
        self.pending = 0.0
        return list(handles)


def test_a_device_that_is_still_busy_after_a_block_is_found_out() -> None:
    sent = Sent()
    loop(HastyBackend(FakeClock(), 0.1), sent).train()
    for block in sent.of("block"):
        assert block["seconds"] == 0
        assert block["pending_seconds"] == pytest.approx(0.1 * block["steps"])
    _, honest = trained(0.1)
    for block in honest.of("block"):
        assert block["pending_seconds"] == pytest.approx(READING), "nothing but that"


def test_the_losses_are_in_the_order_of_the_steps() -> None:
    backend, sent = FakeBackend(FakeClock(), 0.1), Sent()
    made = loop(backend, sent)
    made.feed.prepare_block = (  # type: ignore[method-assign]
        lambda first, steps, end: lambda: [4.0 * step for step in range(steps)]
    )
    made.train_block(0, 5, 20)
    assert sent.of("block")[0]["losses"] == [0, 1, 2, 3, 4]


def test_the_device_is_synchronized_at_block_edges_only() -> None:
    backend, sent = trained()
    assert backend.synchronizations == 2 * len(sent.of("block"))


class SlowPartner(Partner):
    """Works for an hour after each of our blocks, twice; then it has ended."""

    def __init__(self, clock: FakeClock, sent: Sent) -> None:
        super().__init__()
        self.clock = clock
        self.sent = sent
        self.passed: list[int] = []

    def begin(self) -> None:
        raise NotImplementedError

    def pass_on(self) -> float | None:
        self.passed.append(len(self.sent.of("block")))
        if len(self.passed) > 2:
            return None
        self.clock.now += 3600
        return 3600.0


def test_after_each_block_comes_the_partner_and_no_clock_counts_it() -> None:
    sent = Sent()
    backend = FakeBackend(FakeClock(), 0.1)
    training = loop(backend, sent)
    training.partner = partner = SlowPartner(backend.clock, sent)
    training.train()
    assert partner.passed == [1, 2, 3, 4, 5, 6]
    assert [event["event"] for event in sent][:6] == [
        *("first_step", "block", "turn"),
        *("block", "turn", "block"),
    ]
    assert sent.of("turn") == [{"event": "turn", "waited": 3600.0}] * 2
    assert [block["seconds"] for block in sent.of("block")] == pytest.approx(
        [0.1 * block["steps"] for block in sent.of("block")]
    )
    assert sum(epoch["seconds"] for epoch in sent.of("epoch")) == pytest.approx(2.0)


def test_batches_come_in_the_given_order() -> None:
    backend, _ = trained()
    assert backend.labels == ORDER.reshape(20, 4).tolist()


def test_the_learning_rate_changes_where_its_epoch_begins() -> None:
    backend, _ = trained()
    assert backend.changes == [(10, 0.01)]


def test_losses_and_accuracy_are_means_of_sums() -> None:
    _, sent = trained()
    assert len(sent.of("epoch")) == 2
    epoch = sent.of("epoch")[0]
    assert epoch["train_loss"] == pytest.approx(2.0)
    assert epoch["test_loss"] == pytest.approx(3.0)
    assert epoch["test_accuracy"] == pytest.approx(2 / 8)
    assert epoch["seconds"] == pytest.approx(1.0)
    assert epoch["evaluation_seconds"] == pytest.approx(0.5)


def test_the_first_ten_losses_are_sent() -> None:
    _, sent = trained()
    losses = [loss for block in sent.of("block") for loss in block["losses"]]
    assert losses == [2.0] * 10


def test_blocks_reach_over_epochs_that_are_not_evaluated_but_over_no_change_of_the_rate() -> None:
    backend, sent = trained(0.1, evaluate_every=2)
    # The learning rate changes after the first ten steps.
    assert [block["steps"] for block in sent.of("block")] == [1, 1, 4, 4, 4, 6]
    (epoch,) = sent.of("epoch")
    assert epoch["number"] == 2
    assert epoch["seconds"] == pytest.approx(2.0)
    assert epoch["train_loss"] == pytest.approx(2.0)
    assert backend.labels == ORDER.reshape(20, 4).tolist()


@pytest.mark.parametrize(
    ("epochs", "every", "expected"),
    [
        (3, 1, [(0, 1, True), (1, 2, True), (2, 3, True)]),
        (3, 5, [(0, 1, False), (1, 3, True)]),
        (5, 2, [(0, 1, False), (1, 2, True), (2, 4, True), (4, 5, True)]),
    ],
)
def test_spans_end_at_evaluations_and_changes_of_the_learning_rate(
    epochs: int, every: int, expected: list[tuple[int, int, bool]]
) -> None:
    assert list(divide_into_spans(epochs, every, OPTIMIZER)) == expected


def test_the_devices_own_clock_is_told_beside_the_hosts() -> None:
    sent, backend = Sent(), FakeBackend(FakeClock(), 0.1)
    backend.has_events = True
    loop(backend, sent).train()
    for block in sent.of("block"):
        assert block["device_seconds"] == pytest.approx(block["seconds"])
    _, without = trained()
    assert {block["device_seconds"] for block in without.of("block")} == {None}


def test_the_frameworks_own_loader_gives_the_same_batches_and_its_time_counts() -> None:
    sent, backend, data = Sent(), FakeBackend(FakeClock(), 0.1), batches()
    native = NativeFeed(backend, data)
    Loop(backend, data, native, OPTIMIZER, Pacer(0.36, 100), sent, 1, backend.clock).train()
    assert backend.labels == ORDER.reshape(20, 4).tolist()
    for block in sent.of("block"):
        assert block["seconds"] == pytest.approx(0.15 * block["steps"])
    # One for each epoch, as its users make them.
    assert backend.loaders == [10, 10]


def test_batches_are_on_the_device_before_the_clock_starts() -> None:
    sent, backend, data = Sent(), FakeBackend(FakeClock(), 0.1), batches()
    feed = make_feed("device", backend, data)
    Loop(backend, data, feed, OPTIMIZER, Pacer(0.36, 100), sent, 1, backend.clock).train()
    assert backend.labels == ORDER.reshape(20, 4).tolist()
    for block in sent.of("block"):
        assert block["seconds"] == pytest.approx(0.1 * block["steps"])


@pytest.mark.parametrize(("name", "method"), [("native", "loader"), ("device", "place")])
def test_a_backend_without_the_methods_of_an_input_is_told_which(name: str, method: str) -> None:
    with pytest.raises(WorkerError, match=f"has no {method} and step_loaded"):
        make_feed(name, cast(Backend, SimpleNamespace()), batches())


@pytest.mark.parametrize("loss", [math.nan, math.inf])
def test_a_loss_that_is_no_number_ends_the_trial_and_keeps_its_blocks(loss: float) -> None:
    sent, backend = Sent(), FakeBackend(FakeClock(), 0.1)
    backend.loss = loss
    with pytest.raises(DivergedError, match="at step 1: training diverged"):
        loop(backend, sent).train()
    assert len(sent.of("block")) == 1
