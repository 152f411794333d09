"""Jobs survive their journey as JSON, and keep the form that older workers read."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from bench.codec import Message, decode
from bench.job import Execution, Job, Knob, Turns
from bench.optimizer import Change, Optimizer
from bench.spec import Samples

JOB = Job(
    framework="one",
    implementation="/impls/one",
    model="lenet",
    samples=Samples((1, 32, 32), 10),
    optimizer=Optimizer("sgd", 0.1, momentum=0.9, changes=(Change(2, 0.01), Change(3, 0.001))),
    execution=Execution("eager", "ieee", "cpu", 2, "NHWC", {"fused": True}),
    batch_size=4,
    epochs=3,
    evaluate_every=1,
    block_seconds=0.2,
    input="prepared",
    weights="/w.npz",
    order="/o.npy",
    arrays={"train_inputs": "/t.npy"},
    digests={"weights": "abc"},
)


@dataclass(frozen=True)
class Inner:
    name: str
    sides: tuple[int, ...]


@dataclass(frozen=True)
class Outer(Message):
    inner: Inner
    pair: tuple[Inner, float]
    maybe: Inner | None = None
    limit: float | None = None
    by_name: Mapping[str, Inner] = field(default_factory=dict)
    knobs: dict[str, Knob] = field(default_factory=dict)
    anything: dict[str, Any] = field(default_factory=dict)


def test_every_kind_of_field_survives() -> None:
    inner = Inner("a", (1, 2))
    outer = Outer(
        inner, (inner, 0.5), inner, 3.0, {"b": inner}, {"on": True, "size": 2}, {"list": [1, [2]]}
    )
    assert Outer.from_json(outer.to_json()) == outer
    assert Outer.from_json(Outer(inner, (inner, 1.0)).to_json()) == Outer(inner, (inner, 1.0))


@pytest.mark.parametrize("turns", [None, Turns(3, 4, first=True)])
@pytest.mark.parametrize("folder", ["", "/models/own"])
def test_a_job_survives(turns: Turns | None, folder: str) -> None:
    job = replace(JOB, turns=turns, model_folder=folder)
    assert Job.from_json(job.to_json()) == job


def test_a_job_has_the_form_that_older_workers_read() -> None:
    document = json.loads(replace(JOB, turns=Turns(3, 4, first=False)).to_json())
    assert "model_folder" not in document
    assert list(document) == [
        *("framework", "implementation", "model", "samples", "optimizer", "execution"),
        *("batch_size", "epochs", "evaluate_every", "block_seconds", "input", "weights", "order"),
        *("arrays", "digests", "turns"),
    ]
    assert document["samples"] == {"shape": [1, 32, 32], "classes": 10, "vocabulary": None}
    assert document["optimizer"]["changes"][0] == {"epoch": 2, "learning_rate": 0.01}
    assert document["turns"] == {"reads": 3, "writes": 4, "first": False}
    assert "model_folder" in json.loads(replace(JOB, model_folder="/own").to_json())


@pytest.mark.parametrize("change", [{"later": 1}, {"model": None}])
def test_a_job_of_another_kind_is_refused(change: dict[str, Any]) -> None:
    document = json.loads(JOB.to_json()) | change
    if change == {"model": None}:
        del document["model"]
    with pytest.raises(TypeError):
        Job.from_json(json.dumps(document))


def test_numbers_that_json_writes_as_whole_are_floats_again() -> None:
    assert isinstance(decode(float, 1), float)
