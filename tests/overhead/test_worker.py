"""The pairing itself, with blocks whose seconds the test knows."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from bench.job import Execution
from bench.models import MODELS
from bench.optimizer import Optimizer
from bench.spec import Samples
from tests.overhead.job import PairsJob
from tests.overhead.worker import (
    DIFFERENT_STEPS,
    WARMUP_PAIRS,
    Nothing,
    _Cycle,
    draw_batches,
    measure,
    measure_loop_alone,
)

JOB = PairsJob(
    framework="x",
    implementation="x",
    model="lenet",
    samples=Samples((1, 28, 28), 10),
    optimizer=Optimizer("sgd", 0.1, 0.9),
    execution=Execution("eager", "ieee", "cpu", 1),
    batch_size=4,
    sides=("harness", "bare"),
    weights="x",
    pairs=40,
    block_seconds=0.25,
    seed=3,
)


class Side:
    """Takes so long for a step, and remembers when it was asked."""

    def __init__(self, name: str, seconds: float, calls: list[str]) -> None:
        self.name, self.seconds, self.calls = name, seconds, calls

    def __call__(self, steps: int) -> float:
        self.calls.append(self.name)
        return steps * self.seconds


def test_a_job_survives_its_json() -> None:
    assert PairsJob.from_json(JOB.to_json()) == JOB


def test_pairs_have_both_sides_in_random_order_and_blocks_that_are_long_enough() -> None:
    calls: list[str] = []
    sent: list[dict[str, Any]] = []
    sides = [Side("a", 0.01, calls), Side("b", 0.02, calls)]
    built = dict(zip(JOB.sides, sides, strict=True))
    measure(built.__getitem__, JOB, lambda event, **values: sent.append({"event": event, **values}))
    assert len(sent) == JOB.pairs
    # 32 steps of the faster side take 0.32 s, 16 would take 0.16 s.
    assert {event["steps"] for event in sent} == {32}
    assert {tuple(event["seconds"]) for event in sent} == {(0.32, 0.64)}
    measured = calls[-2 * (JOB.pairs + WARMUP_PAIRS) :]
    order = [tuple(measured[place : place + 2]) for place in range(0, len(measured), 2)]
    assert set(order) == {("a", "b"), ("b", "a")}


def test_sides_are_built_again_the_other_one_first() -> None:
    built: list[str] = []
    sent: list[dict[str, Any]] = []

    def build(side: str) -> Side:
        built.append(side)
        return Side(side, 0.2, [])

    job = replace(JOB, builds=3, pairs=10)
    measure(build, job, lambda event, **values: sent.append(values))

    assert built == ["harness", "bare", "bare", "harness", "harness", "bare"]
    assert len(sent) == 10
    assert all(pair["seconds"] == [0.4, 0.4] for pair in sent)


def test_the_loop_around_nothing_is_what_is_left_of_a_block(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """With 3 ms a step and 20 ms a block by the test's own clock."""
    now = 0.0

    def step(backend: Nothing, inputs: Any, labels: Any) -> None:
        nonlocal now
        now += 0.003

    def clock() -> float:
        nonlocal now
        now += 0.017
        return now

    monkeypatch.setattr(Nothing, "step", step)
    seconds = measure_loop_alone(draw_batches(JOB, {}), clock)

    assert seconds == pytest.approx({"step_seconds": 0.003, "block_seconds": 0.020})


def test_data_are_drawn_for_the_model_and_repeat() -> None:
    batches = draw_batches(JOB, {})
    assert batches.train_inputs.shape == (DIFFERENT_STEPS * 4, 1, 28, 28)
    cycle = _Cycle(**vars(batches))
    inputs, labels = cycle.gather_block(0, DIFFERENT_STEPS + 1)
    assert (inputs[-1] == inputs[0]).all()
    assert labels.max() < 10
    words = draw_batches(
        PairsJob.from_json(JOB.to_json().replace('"vocabulary": null', '"vocabulary": 30')), {}
    )
    assert words.train_inputs.dtype == np.int32
    assert MODELS["lenet"].build(JOB.samples).classes == 10
