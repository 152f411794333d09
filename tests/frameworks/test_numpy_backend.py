"""The NumPy framework keeps to the contract of `bench.worker.backend`."""

import math
from typing import Any

import numpy as np
import pytest

from bench.errors import WeightsError
from bench.host.frameworks.framework import read_framework
from bench.models import MODELS
from bench.optimizer import Optimizer
from bench.spec import arrays_of
from tests.frameworks.cases import CASES, FOLDER, case

ADAM = Optimizer("adam", learning_rate=0.01)


@pytest.mark.parametrize("name", CASES)
def test_export_gives_back_what_was_loaded(name: str) -> None:
    this = case(name)

    exported = this.backend().export()

    assert list(exported) == [param.name for param in arrays_of(this.spec)]
    for array, value in this.arrays.items():
        np.testing.assert_array_equal(exported[array], value, strict=True)


def test_weights_of_float32_are_loaded() -> None:
    this = case("lenet")
    backend = this.backend()

    backend.load({name: array.astype(np.float32) for name, array in this.arrays.items()})

    for name, array in backend.export().items():
        assert array.dtype == np.float64
        np.testing.assert_array_equal(array, this.arrays[name].astype(np.float32))


def test_what_comes_out_are_copies() -> None:
    this = case("resnet-basic")
    backend = this.backend()
    backend.step(this.inputs, this.labels)

    for give in (
        backend.export,
        lambda: backend.slots()["velocity"],
        lambda: backend.gradients(this.inputs, this.labels),
    ):
        for array in give().values():
            array[...] = 7
    again = [*backend.export().values(), *backend.slots()["velocity"].values()]

    assert not any((array == 7).any() for array in again)


def test_a_missing_array_is_refused() -> None:
    this = case("resnet-basic")
    backend = this.backend()
    del this.arrays["bn1.running_var"]

    with pytest.raises(WeightsError, match=r"bn1\.running_var is missing"):
        backend.load(this.arrays)


def test_a_misshaped_array_is_refused() -> None:
    this = case("lenet")
    backend = this.backend()
    this.arrays["dense3.bias"] = np.zeros(1)  # would broadcast

    with pytest.raises(WeightsError, match=r"dense3\.bias has the shape \(1,\).* \(10,\)"):
        backend.load(this.arrays)


def test_zero_weights_predict_every_class_alike() -> None:
    this = case("lenet")
    backend = this.backend()
    backend.load({name: np.zeros_like(array) for name, array in this.arrays.items()})

    summed, correct = backend.evaluate(this.inputs, np.array([0, 0, 5]))

    assert summed == pytest.approx(3 * math.log(10))
    assert correct == 2  # argmax takes the first class


def test_gradients_leave_the_parameters_and_slots_alone() -> None:
    this = case("lenet")
    backend = this.backend()

    backend.gradients(this.inputs, this.labels)

    for name, array in backend.export().items():
        np.testing.assert_array_equal(array, this.arrays[name])
    assert not any(array.any() for array in backend.slots()["velocity"].values())


@pytest.mark.parametrize(
    ("optimizer", "slots"),
    [
        (Optimizer("sgd", 0.1, momentum=0.9, weight_decay=0.01), ["velocity"]),
        (ADAM, ["first moment", "second moment"]),
    ],
)
def test_loading_forgets_what_the_optimizer_has_gathered(
    optimizer: Optimizer, slots: list[str]
) -> None:
    this = case("lstm-2-text")
    fresh, used = this.backend(optimizer), this.backend(optimizer)
    used.step(this.inputs, this.labels)
    used.load(this.arrays)

    for _ in range(2):
        fresh.step(this.inputs, this.labels)
        used.step(this.inputs, this.labels)

    assert list(used.slots()) == slots
    expected = _state(fresh)
    for name, array in _state(used).items():
        np.testing.assert_array_equal(array, expected[name], err_msg=name)


@pytest.mark.parametrize("name", ["lenet", "alexnet-lrn", "resnet-padding", "lstm-rows"])
@pytest.mark.parametrize("optimizer", [Optimizer("sgd", 0.01, 0.9), ADAM], ids=["sgd", "adam"])
def test_training_learns_a_batch(name: str, optimizer: Optimizer) -> None:
    this = case(name)
    backend = this.backend(optimizer)

    losses = backend.losses([backend.step(this.inputs, this.labels) for _ in range(20)])

    assert losses[-1] < 0.7 * losses[0]


def test_it_has_every_family() -> None:
    framework = read_framework(FOLDER)
    assert all(framework.has_model(model) for model in MODELS.values())


def _state(backend: Any) -> dict[str, np.ndarray]:
    gathered: dict[str, np.ndarray] = backend.export()
    for slot, arrays in backend.slots().items():
        gathered |= {f"{slot} {name}": array for name, array in arrays.items()}
    return gathered
