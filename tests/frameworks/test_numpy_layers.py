"""The NumPy framework's layers are right: what each is compared with is written out here."""

import importlib
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tests.frameworks import cases
from tests.frameworks.cases import Array

assert cases.Backend  # imports the package impls.numpy
convolution = importlib.import_module("impls.numpy.convolution")
layers = importlib.import_module("impls.numpy.layers")
loss = importlib.import_module("impls.numpy.loss")
normalization = importlib.import_module("impls.numpy.normalization")
pooling = importlib.import_module("impls.numpy.pooling")
gated = importlib.import_module("impls.numpy.gated")
recurrent = importlib.import_module("impls.numpy.recurrent")
resnet = importlib.import_module("impls.numpy.resnet")


@pytest.fixture
def random() -> np.random.Generator:
    return np.random.default_rng(1998)


def central_difference(
    function: Callable[[], float], array: Array, index: tuple[int, ...]
) -> float:
    """The derivative of `function()` with respect to one element of `array`."""
    distance, value = 1e-5, array[index]
    array[index] = value + distance
    above = function()
    array[index] = value - distance
    below = function()
    array[index] = value
    return (above - below) / (2 * distance)


def assert_gradients_are_central_differences(
    layer: Any, x: Array, random: np.random.Generator
) -> None:
    """Of every parameter and, where it has any, of the input."""
    for parameter in layer.parameters.values():
        parameter.value[...] = random.normal(size=parameter.value.shape)
    output_gradient = random.normal(size=layer.forward(x, True).shape)

    def weighted_sum() -> float:
        return float((layer.forward(x, True) * output_gradient).sum())

    input_gradient = layer.backward(output_gradient)
    found = {name: (one.value, one.gradient) for name, one in layer.parameters.items()}
    found["input"] = x, input_gradient
    for name, (value, gradient) in found.items():
        assert gradient.shape == value.shape
        for index in np.ndindex(value.shape):
            expected = central_difference(weighted_sum, value, index)
            assert gradient[index] == pytest.approx(expected, rel=1e-6, abs=1e-7), name


# Convolution


def direct_convolution(
    x: Array, weight: Array, bias: Array, stride: int, front: int, sides: tuple[int, int]
) -> Array:
    """Cross-correlation, one output after the other, with zeros around the map."""
    outputs, inputs, kernel, _ = weight.shape
    y = np.zeros((len(x), outputs, *sides))
    for n, o, h, w in np.ndindex(y.shape):
        y[n, o, h, w] = bias[o]
        for c, i, j in np.ndindex(inputs, kernel, kernel):
            row, column = stride * h + i - front, stride * w + j - front
            if 0 <= row < x.shape[2] and 0 <= column < x.shape[3]:
                y[n, o, h, w] += x[n, c, row, column] * weight[o, c, i, j]
    return y


@pytest.mark.parametrize(
    ("kernel", "stride", "padding", "sides"),
    [
        (5, 1, 0, (3, 5)),
        (5, 1, 2, (7, 9)),
        (3, 2, 1, (4, 5)),
        (3, 2, 0, (3, 4)),
        (1, 2, 0, (4, 5)),
        (4, 3, 1, (2, 3)),  # the last rows and columns are never seen
    ],
)
def test_convolution_equals_nested_loops(
    kernel: int, stride: int, padding: int, sides: tuple[int, int], random: np.random.Generator
) -> None:
    layer = convolution.Convolution(2, 3, kernel, stride, padding)
    x = random.normal(size=(2, 2, 7, 9))

    assert_gradients_are_central_differences(layer, x, random)

    weight, bias = layer.weight.value, layer.bias.value
    expected = direct_convolution(x, weight, bias, stride, padding, sides)
    np.testing.assert_allclose(layer.forward(x, True), expected, rtol=1e-12, atol=1e-12)


def test_convolution_without_bias(random: np.random.Generator) -> None:
    layer = convolution.Convolution(2, 3, 3, bias=False)
    x = random.normal(size=(1, 2, 4, 4))

    assert_gradients_are_central_differences(layer, x, random)

    assert list(layer.parameters) == ["weight"]
    expected = direct_convolution(x, layer.weight.value, np.zeros(3), 1, 0, (2, 2))
    np.testing.assert_allclose(layer.forward(x, True), expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(
    ("side", "kernel", "stride", "outputs", "front"),
    [(8, 3, 2, 4, 0), (8, 5, 2, 4, 1), (7, 3, 2, 4, 1), (9, 4, 4, 3, 1)],
)
def test_same_padding_is_less_in_front(
    side: int, kernel: int, stride: int, outputs: int, front: int, random: np.random.Generator
) -> None:
    layer = convolution.Convolution(2, 3, kernel, stride, padding=1, same=True)
    x = random.normal(size=(1, 2, side, side))

    assert_gradients_are_central_differences(layer, x, random)

    weight, bias = layer.weight.value, layer.bias.value
    expected = direct_convolution(x, weight, bias, stride, front, (outputs, outputs))
    np.testing.assert_allclose(layer.forward(x, True), expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(("stride", "padding"), [(1, 1), (2, 0)])
def test_same_padding_concerns_padded_convolutions_with_a_stride(
    stride: int, padding: int, random: np.random.Generator
) -> None:
    plain, same = (
        convolution.Convolution(1, 1, 3, stride, padding, same=same) for same in (False, True)
    )
    plain.weight.value[...] = same.weight.value[...] = random.normal(size=(1, 1, 3, 3))
    x = random.normal(size=(1, 1, 8, 8))

    np.testing.assert_array_equal(plain.forward(x, True), same.forward(x, True))


# Pooling

MAP = np.array(
    [[1.0, 2.0, 5.0, 5.0], [4.0, 3.0, 5.0, 5.0], [0.0, 6.0, 7.0, 8.0], [6.0, 6.0, 8.0, 7.0]]
)
OUTPUT_GRADIENT = np.array([[[[10.0, 20.0], [30.0, 40.0]]]])


POOLINGS = [pooling.MaxPooling, pooling.AveragePooling]


def test_max_pooling_takes_the_maximum_of_each_window() -> None:
    np.testing.assert_array_equal(
        pooling.MaxPooling(2, 2).forward(MAP[None, None], True), [[[[4, 5], [6, 8]]]]
    )


def test_max_pooling_sends_the_gradient_to_the_first_of_equal_maxima() -> None:
    layer = pooling.MaxPooling(2, 2)
    layer.forward(MAP[None, None], True)

    expected = [[0, 0, 20, 0], [10, 0, 0, 0], [0, 30, 0, 40], [0, 0, 0, 0]]
    np.testing.assert_array_equal(layer.backward(OUTPUT_GRADIENT), [[expected]])


def test_average_pooling_takes_the_mean_of_each_window() -> None:
    np.testing.assert_array_equal(
        pooling.AveragePooling(2, 2).forward(MAP[None, None], True), [[[[2.5, 5], [4.5, 7.5]]]]
    )


def test_average_pooling_shares_the_gradient() -> None:
    layer = pooling.AveragePooling(2, 2)
    layer.forward(MAP[None, None], True)

    expected = [[2.5, 2.5, 5, 5], [2.5, 2.5, 5, 5], [7.5, 7.5, 10, 10], [7.5, 7.5, 10, 10]]
    np.testing.assert_array_equal(layer.backward(OUTPUT_GRADIENT), [[expected]])


def test_overlapping_windows_add_their_gradients_up() -> None:
    layer = pooling.MaxPooling(3, 2, padding=1)

    # Windows of rows and columns -1 to 1 and 1 to 3.
    np.testing.assert_array_equal(layer.forward(MAP[None, None], True), [[[[4, 5], [6, 8]]]])
    # The second window's first 5 is in row 0, the fourth's first 8 in row 2.
    expected = [[0, 0, 20, 0], [10, 0, 0, 0], [0, 30, 0, 40], [0, 0, 0, 0]]
    np.testing.assert_array_equal(layer.backward(OUTPUT_GRADIENT), [[expected]])

    peak = np.zeros((1, 1, 3, 3))
    peak[0, 0, 1, 1] = 1
    layer = pooling.MaxPooling(2, 1)
    layer.forward(peak, True)
    sent = layer.backward(OUTPUT_GRADIENT)
    assert sent[0, 0, 1, 1] == 100  # all four windows have it
    assert sent.sum() == 100


def test_padding_never_is_a_maximum() -> None:
    x = np.full((1, 1, 3, 3), -5.0)
    assert (pooling.MaxPooling(3, 2, padding=1).forward(x, True) == -5).all()


@pytest.mark.parametrize("kind", POOLINGS)
@pytest.mark.parametrize(("kernel", "stride", "padding"), [(2, 2, 0), (3, 2, 0), (3, 2, 1)])
def test_poolings_gradients(
    kind: Any, kernel: int, stride: int, padding: int, random: np.random.Generator
) -> None:
    x = random.normal(size=(2, 3, 6, 7))
    assert_gradients_are_central_differences(kind(kernel, stride, padding), x, random)


# Normalization


def test_batch_normalization_by_hand() -> None:
    layer = normalization.BatchNormalization(1, epsilon=0.75, decay=0.9)
    layer.weight.value[...], layer.bias.value[...] = 3, 10
    layer.running_mean[...], layer.running_var[...] = 100, 200
    x = np.array([1.0, 2, 2, 3, 3, 3, 4, 4, 5]).reshape(1, 1, 3, 3)  # mean 3, variance 12 / 9

    y = layer.forward(x, True)

    np.testing.assert_allclose(y, 10 + 3 * (x - 3) / math.sqrt(12 / 9 + 0.75))
    assert layer.running_mean.item() == pytest.approx(0.9 * 100 + 0.1 * 3)
    assert layer.running_var.item() == pytest.approx(0.9 * 200 + 0.1 * 12 / 9)
    y = layer.forward(x, False)
    np.testing.assert_allclose(y, 10 + 3 * (x - 90.3) / math.sqrt(180 + 1.2 / 9 + 0.75))


def test_an_unbiased_running_variance_tells_the_canonical_one() -> None:
    layer = normalization.BatchNormalization(1, decay=0.9, unbiased=True)
    layer.running_var[...] = 200
    x = np.array([1.0, 2, 2, 3, 3, 3, 4, 4, 5]).reshape(1, 1, 3, 3)

    layer.forward(x, True)

    assert layer.statistics["running_var"].item() == pytest.approx(180 + 0.1 * 12 / 8)
    assert layer.canonical_statistics["running_var"].item() == pytest.approx(180 + 0.1 * 12 / 9)


def test_batch_normalizations_gradients(random: np.random.Generator) -> None:
    layer = normalization.BatchNormalization(3, epsilon=0.1)
    x = random.normal(size=(2, 3, 2, 3))
    assert_gradients_are_central_differences(layer, x, random)


def test_response_normalization_by_hand() -> None:
    layer = normalization.ResponseNormalization(size=3, alpha=0.5, beta=2.0, k=1.0)
    x = np.array([1.0, 2, 3, 4]).reshape(1, 4, 1, 1)

    squares = np.array([1 + 4, 1 + 4 + 9, 4 + 9 + 16, 9 + 16])
    np.testing.assert_allclose(layer.forward(x, True).ravel(), x.ravel() / (1 + 0.5 * squares) ** 2)


def test_response_normalizations_gradients(random: np.random.Generator) -> None:
    layer = normalization.ResponseNormalization(size=5, alpha=0.5, beta=0.75, k=2.0)
    x = random.normal(size=(2, 7, 1, 2))
    assert_gradients_are_central_differences(layer, x, random)


# Sequences


def test_lstm_by_hand() -> None:
    layer = recurrent.LSTMLayer(inputs=1, units=1, forget_bias=0.25)
    layer.input_weight.value[...] = [[1], [2], [3], [4]]  # i, f, g, o
    layer.recurrent_weight.value[...] = [[5], [6], [7], [8]]
    layer.bias.value[...] = [0.1, 0.2, 0.3, 0.4]

    def sigma(x: float) -> float:
        return 1 / (1 + math.exp(-x))

    cell = sigma(0.5 + 0.1) * math.tanh(1.5 + 0.3)
    first = sigma(2 + 0.4) * math.tanh(cell)
    cell = sigma(-2 + 6 * first + 0.2 + 0.25) * cell
    cell += sigma(-1 + 5 * first + 0.1) * math.tanh(-3 + 7 * first + 0.3)
    second = sigma(-4 + 8 * first + 0.4) * math.tanh(cell)
    found = layer.forward(np.array([[[0.5], [-1.0]]]), True)
    np.testing.assert_allclose(found.ravel(), [first, second], rtol=1e-14)


@pytest.mark.parametrize("second_bias", [False, True])
@pytest.mark.parametrize("gate_order", ["ifgo", "ofig"])
def test_lstms_gradients(gate_order: str, second_bias: bool, random: np.random.Generator) -> None:
    layer = recurrent.LSTMLayer(3, 2, gate_order, 1.0, second_bias)
    x = random.normal(size=(2, 4, 3))
    assert_gradients_are_central_differences(layer, x, random)


def test_a_sequence_of_one_step(random: np.random.Generator) -> None:
    layer = recurrent.LSTMLayer(3, 2)
    x = random.normal(size=(2, 1, 3))
    assert_gradients_are_central_differences(layer, x, random)
    assert (layer.recurrent_weight.gradient == 0).all()


def test_gru_by_hand() -> None:
    layer = gated.GRULayer(inputs=1, units=1)
    layer.input_weight.value[...] = [[1], [2], [3]]  # r, z, n
    layer.recurrent_weight.value[...] = [[4], [5], [6]]
    layer.bias.value[...] = [0.1, 0.2, 0.3]

    def sigma(x: float) -> float:
        return 1 / (1 + math.exp(-x))

    first = (1 - sigma(1 + 0.2)) * math.tanh(1.5 + 0.3)
    reset, update = sigma(-1 + 0.1 + 4 * first), sigma(-2 + 0.2 + 5 * first)
    second = (1 - update) * math.tanh(-3 + 0.3 + reset * 6 * first) + update * first
    found = layer.forward(np.array([[[0.5], [-1.0]]]), True)
    np.testing.assert_allclose(found.ravel(), [first, second], rtol=1e-14)


@pytest.mark.parametrize("steps", [1, 4])
def test_grus_gradients(steps: int, random: np.random.Generator) -> None:
    layer = gated.GRULayer(3, 2)
    x = random.normal(size=(2, steps, 3))
    assert_gradients_are_central_differences(layer, x, random)


def test_sigmoid_does_not_overflow() -> None:
    with np.errstate(over="raise"):
        found = recurrent.sigmoid(np.array([-1000.0, -40.0, 0.0, 40.0, 1000.0]))
    np.testing.assert_allclose(found, [0, math.exp(-40), 0.5, 1, 1], rtol=1e-14)


def test_words_that_come_again_add_their_gradients_up() -> None:
    layer = recurrent.Embedding(4, 2)
    layer.weight.value[...] = [[1, 2], [3, 4], [5, 6], [7, 8]]
    words = np.array([[3.0, 1.0, 3.0]])

    np.testing.assert_array_equal(layer.forward(words, True), [[[7, 8], [3, 4], [7, 8]]])
    layer.backward(np.array([[[1.0, 2.0], [10.0, 20.0], [100.0, 200.0]]]))
    np.testing.assert_array_equal(layer.weight.gradient, [[0, 0], [10, 20], [0, 0], [101, 202]])


# Shapes


def test_flatten_orders() -> None:
    x = np.arange(12.0).reshape(1, 2, 2, 3)
    by_channel, by_pixel = layers.Flatten("CHW"), layers.Flatten("HWC")

    np.testing.assert_array_equal(by_channel.forward(x, True), [np.arange(12)])
    by_hand = [0, 6, 1, 7, 2, 8, 3, 9, 4, 10, 5, 11]
    np.testing.assert_array_equal(by_pixel.forward(x, True), [by_hand])
    np.testing.assert_array_equal(by_channel.backward(np.arange(12.0)[None]), x)
    np.testing.assert_array_equal(by_pixel.backward(np.array([by_hand])), x)


def test_the_padding_shortcut_takes_every_second_pixel(random: np.random.Generator) -> None:
    layer = resnet.PaddingShortcut(2, 5, stride=2)
    x = random.normal(size=(1, 2, 4, 5))

    y = layer.forward(x, True)

    assert y.shape == (1, 5, 2, 3)
    np.testing.assert_array_equal(y[:, :2], x[:, :, [0, 2]][..., [0, 2, 4]])
    assert (y[:, 2:] == 0).all()
    assert_gradients_are_central_differences(layer, x, random)


def test_dropout_scales_what_it_keeps() -> None:
    layer = layers.Dropout(0.25, np.random.default_rng(0))
    x = np.full((100, 100), 3.0)

    y = layer.forward(x, True)

    kept = y != 0
    assert kept.mean() == pytest.approx(0.75, abs=0.02)
    np.testing.assert_allclose(y[kept], 4)
    np.testing.assert_array_equal(layer.backward(x), y)
    np.testing.assert_array_equal(layer.forward(x, False), x)


def test_dropout_at_rate_0_does_nothing() -> None:
    layer = layers.Dropout(0.0, np.random.default_rng(0))
    x = np.arange(6.0)
    np.testing.assert_array_equal(layer.forward(x, True), x)
    np.testing.assert_array_equal(layer.backward(x), x)


# Activations


def test_relu_and_its_gradient_at_zero() -> None:
    layer = layers.ReLU()
    np.testing.assert_array_equal(layer.forward(np.array([-2.0, 0.0, 3.0]), True), [0, 0, 3])
    np.testing.assert_array_equal(layer.backward(np.array([5.0, 6.0, 7.0])), [0, 0, 7])


def test_tanh_and_its_gradient() -> None:
    layer = layers.Tanh()
    # tanh(ln 2) = (2 - 1/2) / (2 + 1/2)
    np.testing.assert_allclose(layer.forward(np.array([math.log(2)]), True), [0.6])
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
