"""The NumPy framework in `numpy/` is right: what it is compared with is written out here.

It is the reference of the other frameworks' tests, so nothing here relies on one of them.
"""

import importlib
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bench.errors import WeightsError
from bench.job import Execution
from bench.models.lenet import LeNet as Spec
from bench.optimizer import Optimizer
from bench.worker.backend import import_backend

FOLDER = Path(__file__).parent / "numpy"
EXECUTION = Execution(mode="eager", precision="ieee", device="cpu", threads=1)
STILL = Optimizer("sgd", learning_rate=0.0, momentum=0.0)  # leaves the weights as they are
SAMPLES = 3
CLASSES = 10

Array = np.ndarray[Any, Any]

Backend = import_backend("numpy", str(FOLDER))
layers = importlib.import_module("impls.numpy.layers")
pooling = importlib.import_module("impls.numpy.pooling")
loss = importlib.import_module("impls.numpy.loss")
sgd = importlib.import_module("impls.numpy.sgd")


@pytest.fixture
def random() -> np.random.Generator:
    return np.random.default_rng(1998)


def drawn_weights(spec: Spec, random: np.random.Generator) -> dict[str, Array]:
    """Random weights of which biases too are not zero."""
    return {param.name: random.normal(0, 0.1, param.shape) for param in spec.parameters()}


def central_difference(function: Any, array: Array, index: tuple[int, ...]) -> float:
    """The derivative of `function()` with respect to one element of `array`."""
    distance, value = 1e-5, array[index]
    array[index] = value + distance
    above = function()
    array[index] = value - distance
    below = function()
    array[index] = value
    return float(above - below) / (2 * distance)


def sampled_indices(array: Array, random: np.random.Generator, count: int) -> list[tuple[int, ...]]:
    """Up to `count` different positions in `array`."""
    chosen = random.choice(array.size, size=min(count, array.size), replace=False)
    return [tuple(int(i) for i in np.unravel_index(flat, array.shape)) for flat in chosen]


# The whole model


@pytest.mark.parametrize("side", [28, 32])
@pytest.mark.parametrize("build", [Spec.classic, Spec.modern])
def test_gradients_equal_central_differences(
    build: Any, side: int, random: np.random.Generator
) -> None:
    spec = build((2, side, side), CLASSES)
    # Noise as images: no ties in a pooling window, no activation within reach of ReLU's kink.
    images = random.normal(size=(SAMPLES, *spec.input_shape)).astype(np.float32)
    labels = random.integers(CLASSES, size=SAMPLES)
    backend: Any = Backend(spec, STILL, EXECUTION)
    backend.load(drawn_weights(spec, random))
    backend.step(images, labels)

    def mean_loss() -> float:
        return float(backend.evaluate(images, labels)[0]) / SAMPLES

    for name, parameter in backend.model.parameters().items():
        for index in sampled_indices(parameter.value, random, count=12):
            expected = central_difference(mean_loss, parameter.value, index)
            found = parameter.gradient[index]
            assert found == pytest.approx(expected, rel=1e-5, abs=1e-8), f"{name} at {index}"


def test_a_step_returns_the_summed_loss_before_the_update(random: np.random.Generator) -> None:
    spec = Spec.modern((1, 28, 28), CLASSES)
    backend = Backend(spec, Optimizer("sgd", 0.1, 0.9), EXECUTION)
    backend.load(drawn_weights(spec, random))
    images = random.random((SAMPLES, 1, 28, 28), dtype=np.float32)
    labels = random.integers(CLASSES, size=SAMPLES)

    before, _ = backend.evaluate(images, labels)
    handle = backend.step(images, labels)
    after, _ = backend.evaluate(images, labels)

    assert backend.losses([handle]) == [before]
    assert after < before


def test_zero_weights_predict_every_class_alike(random: np.random.Generator) -> None:
    spec = Spec.modern((1, 28, 28), CLASSES)
    backend = Backend(spec, STILL, EXECUTION)
    backend.load({param.name: np.zeros(param.shape) for param in spec.parameters()})
    images = random.random((SAMPLES, 1, 28, 28), dtype=np.float32)

    summed_loss, correct = backend.evaluate(images, np.array([0, 0, 5]))

    assert summed_loss == pytest.approx(SAMPLES * math.log(CLASSES))
    assert correct == 2  # argmax takes the first class


def test_export_gives_back_what_was_loaded(random: np.random.Generator) -> None:
    spec = Spec.modern((1, 28, 28), CLASSES)
    backend = Backend(spec, STILL, EXECUTION)
    weights = drawn_weights(spec, random)

    backend.load(weights)

    exported = backend.export()
    assert list(exported) == [param.name for param in spec.parameters()]
    for name, value in weights.items():
        np.testing.assert_array_equal(exported[name], value, strict=True)


def test_an_export_is_a_copy(random: np.random.Generator) -> None:
    spec = Spec.modern((1, 28, 28), CLASSES)
    backend = Backend(spec, STILL, EXECUTION)
    backend.load(drawn_weights(spec, random))

    backend.export()["conv1.bias"][:] = 7

    assert not (backend.export()["conv1.bias"] == 7).any()


def test_a_missing_parameter_is_refused(random: np.random.Generator) -> None:
    spec = Spec.modern((1, 28, 28), CLASSES)
    weights = drawn_weights(spec, random)
    del weights["dense2.bias"]

    with pytest.raises(WeightsError, match=r"dense2\.bias is missing"):
        Backend(spec, STILL, EXECUTION).load(weights)


def test_a_misshaped_parameter_is_refused(random: np.random.Generator) -> None:
    spec = Spec.modern((1, 28, 28), CLASSES)
    weights = drawn_weights(spec, random)
    weights["dense3.bias"] = np.zeros(1)  # would broadcast

    with pytest.raises(WeightsError, match=r"dense3\.bias has the shape \(1,\).* \(10,\)"):
        Backend(spec, STILL, EXECUTION).load(weights)


# Convolution


def direct_convolution(x: Array, weight: Array, bias: Array, padding: int) -> Array:
    """Cross-correlation, one output after the other."""
    samples, _, height, width = x.shape
    outputs, inputs, kernel, _ = weight.shape
    y = np.zeros(
        (samples, outputs, height + 2 * padding - kernel + 1, width + 2 * padding - kernel + 1)
    )
    for n, o, h, w in np.ndindex(y.shape):
        y[n, o, h, w] = bias[o]
        for c, i, j in np.ndindex(inputs, kernel, kernel):
            row, column = h + i - padding, w + j - padding
            if 0 <= row < height and 0 <= column < width:
                y[n, o, h, w] += x[n, c, row, column] * weight[o, c, i, j]
    return y


@pytest.mark.parametrize("padding", [0, 2])
def test_convolution_equals_nested_loops(padding: int, random: np.random.Generator) -> None:
    layer = layers.Convolution(inputs=2, outputs=3, kernel=5, padding=padding)
    layer.weight.value[...] = random.normal(size=layer.weight.value.shape)
    layer.bias.value[...] = random.normal(size=layer.bias.value.shape)
    x = random.normal(size=(2, 2, 7, 9))

    expected = direct_convolution(x, layer.weight.value, layer.bias.value, padding)

    np.testing.assert_allclose(layer.forward(x), expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("padding", [0, 2])
def test_convolution_sends_back_its_inputs_gradient(
    padding: int, random: np.random.Generator
) -> None:
    layer = layers.Convolution(inputs=2, outputs=3, kernel=5, padding=padding)
    layer.weight.value[...] = random.normal(size=layer.weight.value.shape)
    x = random.normal(size=(2, 2, 7, 9))
    output_gradient = random.normal(size=layer.forward(x).shape)

    gradient = layer.backward(output_gradient)

    def loss_of_x() -> float:
        return float((layer.forward(x) * output_gradient).sum())

    assert gradient.shape == x.shape
    for index in np.ndindex(x.shape):
        expected = central_difference(loss_of_x, x, index)
        assert gradient[index] == pytest.approx(expected, rel=1e-6, abs=1e-7)


# Pooling

MAP = np.array(
    [[1.0, 2.0, 5.0, 5.0], [4.0, 3.0, 5.0, 5.0], [0.0, 6.0, 7.0, 8.0], [6.0, 6.0, 8.0, 7.0]]
)
OUTPUT_GRADIENT = np.array([[[[10.0, 20.0], [30.0, 40.0]]]])


def test_max_pooling_takes_the_maximum_of_each_window() -> None:
    np.testing.assert_array_equal(
        pooling.MaxPooling().forward(MAP[None, None]), [[[[4, 5], [6, 8]]]]
    )


def test_max_pooling_sends_the_gradient_to_the_first_of_equal_maxima() -> None:
    layer = pooling.MaxPooling()
    layer.forward(MAP[None, None])

    expected = [[0, 0, 20, 0], [10, 0, 0, 0], [0, 30, 0, 40], [0, 0, 0, 0]]
    np.testing.assert_array_equal(layer.backward(OUTPUT_GRADIENT), [[expected]])


def test_average_pooling_takes_the_mean_of_each_window() -> None:
    np.testing.assert_array_equal(
        pooling.AveragePooling().forward(MAP[None, None]), [[[[2.5, 5], [4.5, 7.5]]]]
    )


def test_average_pooling_shares_the_gradient() -> None:
    layer = pooling.AveragePooling()
    layer.forward(MAP[None, None])

    expected = [[2.5, 2.5, 5, 5], [2.5, 2.5, 5, 5], [7.5, 7.5, 10, 10], [7.5, 7.5, 10, 10]]
    np.testing.assert_array_equal(layer.backward(OUTPUT_GRADIENT), [[expected]])


def test_pooling_keeps_samples_and_channels_apart(random: np.random.Generator) -> None:
    x = random.normal(size=(2, 3, 4, 6))

    largest, mean = pooling.MaxPooling().forward(x), pooling.AveragePooling().forward(x)

    for n, c, h, w in np.ndindex(2, 3, 2, 3):
        window = x[n, c, 2 * h : 2 * h + 2, 2 * w : 2 * w + 2]
        assert largest[n, c, h, w] == window.max()
        assert mean[n, c, h, w] == pytest.approx(window.mean())


# Activations


def test_relu_and_its_gradient_at_zero() -> None:
    layer = layers.ReLU()
    np.testing.assert_array_equal(layer.forward(np.array([-2.0, 0.0, 3.0])), [0, 0, 3])
    np.testing.assert_array_equal(layer.backward(np.array([5.0, 6.0, 7.0])), [0, 0, 7])


def test_tanh_and_its_gradient() -> None:
    layer = layers.Tanh()
    # tanh(ln 2) = (2 - 1/2) / (2 + 1/2)
    np.testing.assert_allclose(layer.forward(np.array([math.log(2)])), [0.6])
    np.testing.assert_allclose(layer.backward(np.array([2.0])), [2 * (1 - 0.36)])


# Loss


def test_cross_entropy_of_logits_with_known_probabilities() -> None:
    logits = np.log([[0.5, 0.25, 0.25], [0.1, 0.2, 0.7]])

    summed, gradient = loss.softmax_cross_entropy(logits, np.array([0, 2]))

    assert summed == pytest.approx(-math.log(0.5) - math.log(0.7))
    np.testing.assert_allclose(gradient, [[-0.5, 0.25, 0.25], [0.1, 0.2, -0.3]])


def test_cross_entropy_of_large_logits_does_not_overflow() -> None:
    summed, gradient = loss.softmax_cross_entropy(np.array([[1000.0, 0.0]]), np.array([1]))

    assert summed == 1000
    np.testing.assert_array_equal(gradient, [[1, -1]])


# Optimizer


def test_sgd_takes_three_steps_by_hand() -> None:
    parameter = layers.Parameter(np.array([1.0]), np.zeros(1))
    optimizer = sgd.SGD([parameter], learning_rate=0.1, momentum=0.5)
    taken = []
    for gradient in (2.0, 4.0, -1.0):
        parameter.gradient = np.array([gradient])
        optimizer.step()
        taken.append(parameter.value.item())

    # Velocities: 2, 0.5 * 2 + 4 = 5, 0.5 * 5 - 1 = 1.5.
    assert taken == pytest.approx([1 - 0.2, 0.8 - 0.5, 0.3 - 0.15])
