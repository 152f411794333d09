"""The NumPy framework's optimizers take the steps that the rules' definitions give by hand."""

import importlib
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from bench.optimizer import Optimizer
from tests.frameworks import cases
from tests.frameworks.cases import Deviations, case

assert cases.Backend  # imports the package impls.numpy
Parameter: Any = importlib.import_module("impls.numpy.layers").Parameter
optimizers: Any = importlib.import_module("impls.numpy.optimizers")
SGD, Adam = optimizers.SGD, optimizers.Adam


def walked(
    kind: Any, start: float, gradients: Sequence[float], rates: Sequence[float], **settings: Any
) -> list[float]:
    """Where one weight is after each step, of which each has its gradient and learning rate."""
    parameter = Parameter(np.array([start], float), np.zeros(1))
    rule = kind({"w": parameter}, rates[0], **settings)
    places = []
    for gradient, rate in zip(gradients, rates, strict=True):
        rule.learning_rate = rate
        parameter.gradient = np.array([gradient], float)
        rule.step()
        places.append(parameter.value.item())
    return places


# SGD


def test_sgd_takes_three_steps() -> None:
    # Velocities: 2, 0.5 * 2 + 4 = 5, 0.5 * 5 - 1 = 1.5.
    places = walked(SGD, 1, [2, 4, -1], [0.1] * 3, momentum=0.5)
    assert places == pytest.approx([1 - 0.2, 0.8 - 0.5, 0.3 - 0.15])


def test_a_change_of_the_learning_rate_does_not_rescale_the_past() -> None:
    # Velocities 1 and 0.9 + 1 = 1.9: -1, then 0.1 * 1.9 further.
    assert walked(SGD, 0, [1, 1], [1.0, 0.1], momentum=0.9) == pytest.approx([-1, -1.19])


def test_with_the_learning_rate_inside_the_velocity_the_past_keeps_its_own() -> None:
    # Velocities 1 * 1 and 0.9 * 1 + 0.1 * 1 = 1.
    places = walked(optimizers.SGDInside, 0, [1, 1], [1.0, 0.1], momentum=0.9)
    assert places == pytest.approx([-1, -2.0])


def test_nesterovs_sgd_looks_ahead() -> None:
    # Velocities 2 and 0.5 * 2 + 4 = 5; distances 2 + 0.5 * 2 = 3 and 4 + 0.5 * 5 = 6.5.
    places = walked(SGD, 1, [2, 4], [0.1] * 2, momentum=0.5, nesterov=True)
    assert places == pytest.approx([0.7, 0.05])


def test_sgds_weight_decay_is_in_the_gradient() -> None:
    # Gradients 2 + 0.1 * 10 = 3 and 2 + 0.1 * 7 = 2.7; velocities 3 and 1.5 + 2.7 = 4.2.
    settings = {"momentum": 0.5, "weight_decay": 0.1, "decaying": ["w"]}
    assert walked(SGD, 10, [2, 2], [1.0] * 2, **settings) == pytest.approx([7, 2.8])


def test_decoupled_weight_decay_is_beside_the_gradient() -> None:
    # 10 - 0.1 * 10 - 2 = 7, then 7 - 0.1 * 7 - (0.5 * 2 + 2) = 3.3.
    settings = {"momentum": 0.5, "weight_decay": 0.1, "decaying": ["w"], "decoupled": True}
    assert walked(SGD, 10, [2, 2], [1.0] * 2, **settings) == pytest.approx([7, 3.3])


# Adam


def test_adam_takes_two_steps_over_a_change_of_the_learning_rate() -> None:
    settings = {"beta1": 0.5, "beta2": 0.75, "epsilon": 0.5}
    places = walked(Adam, 1, [2, 4], [1.0, 0.1], **settings)

    # Moments 1 and 1; corrected 1 / 0.5 = 2 and 1 / 0.25 = 4.
    first = 1 - 2 / (math.sqrt(4) + 0.5)
    # Moments 0.5 + 2 = 2.5 and 0.75 + 4 = 4.75; corrected by 0.75 and by 1 - 0.75 ** 2 = 0.4375.
    second = first - 0.1 * (2.5 / 0.75) / (math.sqrt(4.75 / 0.4375) + 0.5)
    assert places == pytest.approx([first, second], rel=1e-14)


def test_adams_epsilon_beside_the_uncorrected_root() -> None:
    settings = {"beta1": 0.5, "beta2": 0.75, "epsilon": 0.5, "uncorrected": True}
    places = walked(Adam, 1, [2, 4], [1.0, 1.0], **settings)

    first = 1 - math.sqrt(0.25) / 0.5 * 1 / (math.sqrt(1) + 0.5)
    second = first - math.sqrt(0.4375) / 0.75 * 2.5 / (math.sqrt(4.75) + 0.5)
    assert places == pytest.approx([first, second], rel=1e-14)


@pytest.mark.parametrize("decoupled", [False, True])
def test_adams_weight_decay(decoupled: bool) -> None:
    settings = {"weight_decay": 0.1, "decaying": ["w"], "decoupled": decoupled, "epsilon": 1.0}
    (place,) = walked(Adam, 10, [2], [0.5], **settings)

    # The first step's corrected moments are the gradient and its square.
    coupled_place = 10 - 0.5 * 3 / (3 + 1)
    decoupled_place = 10 - 0.5 * 0.1 * 10 - 0.5 * 2 / (2 + 1)
    assert place == pytest.approx(decoupled_place if decoupled else coupled_place)


# In a model


@pytest.mark.parametrize("name", ["lenet", "resnet-basic", "lstm-2-text"])
@pytest.mark.parametrize("rule", ["sgd", "adam"])
def test_weight_decay_concerns_kernels_only(name: str, rule: Any) -> None:
    this = case(name)
    plain, decaying = (
        this.backend(Optimizer(rule, 0.1, weight_decay=decay)) for decay in (0.0, 0.5)
    )

    plain.step(this.inputs, this.labels)
    decaying.step(this.inputs, this.labels)

    expected = plain.export()
    for param in this.spec.parameters():
        is_kernel = param.name.endswith("weight") and param.kind not in ("scale", "embedding")
        is_same = (decaying.export()[param.name] == expected[param.name]).all()
        assert is_same != is_kernel, param.name


def test_two_steps_of_sgd_in_a_model() -> None:
    this = case("resnet-basic")
    backend = this.backend(Optimizer("sgd", 0.5, momentum=0.9, weight_decay=0.1))
    weight, bias = this.arrays["dense.weight"], this.arrays["dense.bias"]
    velocity, bias_velocity = np.zeros_like(weight), np.zeros_like(bias)

    for rate in (0.5, 0.05):
        backend.set_learning_rate(rate)
        gradients = backend.gradients(this.inputs, this.labels)
        backend.step(this.inputs, this.labels)
        velocity = 0.9 * velocity + gradients["dense.weight"] + 0.1 * weight
        weight = weight - rate * velocity
        bias_velocity = 0.9 * bias_velocity + gradients["dense.bias"]
        bias = bias - rate * bias_velocity

    np.testing.assert_allclose(backend.export()["dense.weight"], weight, rtol=1e-12)
    np.testing.assert_allclose(backend.export()["dense.bias"], bias, rtol=1e-12)
    np.testing.assert_allclose(backend.slots()["velocity"]["dense.weight"], velocity, rtol=1e-12)


def test_two_steps_of_adam_in_a_model() -> None:
    this = case("lenet")
    rule = Optimizer("adam", 0.01, weight_decay=0.1, beta1=0.8, beta2=0.9, epsilon=1e-3)
    backend = this.backend(rule)
    weight = this.arrays["conv1.weight"]
    first, second = np.zeros_like(weight), np.zeros_like(weight)

    for t, rate in ((1, 0.01), (2, 0.001)):
        backend.set_learning_rate(rate)
        g = backend.gradients(this.inputs, this.labels)["conv1.weight"] + 0.1 * weight
        backend.step(this.inputs, this.labels)
        first = 0.8 * first + 0.2 * g
        second = 0.9 * second + 0.1 * g * g
        weight = weight - rate * (first / (1 - 0.8**t)) / (np.sqrt(second / (1 - 0.9**t)) + 1e-3)

    np.testing.assert_allclose(backend.export()["conv1.weight"], weight, rtol=1e-12)
    slots = backend.slots()
    np.testing.assert_allclose(slots["first moment"]["conv1.weight"], first, rtol=1e-11)
    np.testing.assert_allclose(slots["second moment"]["conv1.weight"], second, rtol=1e-11)


def test_a_velocity_with_the_learning_rate_inside_is_shown_without() -> None:
    this = case("lenet")
    canonical = this.backend()
    deviating = this.backend(deviations=Deviations(learning_rate_inside_momentum=True))

    for backend in (canonical, deviating):
        for _ in range(2):
            backend.step(this.inputs, this.labels)

    expected = canonical.slots()["velocity"]
    for name, velocity in deviating.slots()["velocity"].items():
        np.testing.assert_allclose(velocity, expected[name], rtol=1e-9, atol=1e-12)
