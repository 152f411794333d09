"""The reference itself against numbers by hand; with the NumPy framework it is compared there."""

import math

import numpy as np
import pytest

from bench.models.alexnet import AlexNet, ResponseNormalization
from bench.models.lenet import LeNet
from bench.models.resnet import ResNet
from bench.spec import Samples, arrays_of
from tests.frameworks import reference

IMAGE = np.arange(9.0).reshape(1, 1, 3, 3)


def test_convolution_does_not_flip_the_kernel() -> None:
    arrays = {"c.weight": np.array([[[[1.0, 10.0], [100.0, 1000.0]]]]), "c.bias": np.array([0.5])}
    expected = [[4310.5, 5421.5], [7643.5, 8754.5]]
    np.testing.assert_array_equal(reference.convolution(IMAGE, arrays, "c"), [[expected]])


def test_convolution_with_padding_and_stride() -> None:
    arrays = {"c.weight": np.array([[[[1.0, 10.0], [100.0, 1000.0]]]])}
    found = reference.convolution(IMAGE, arrays, "c", stride=2, padding=1)
    # Windows from (-1, -1), (-1, 1), (1, -1) and (1, 1).
    np.testing.assert_array_equal(found, [[[[0, 2100], [6030, 8754]]]])


def test_convolution_sums_over_input_channels() -> None:
    arrays = {"c.weight": np.array([[[[1.0]], [[10.0]]], [[[2.0]], [[3.0]]]])}
    x = np.array([1.0, 2.0]).reshape(1, 2, 1, 1)
    assert reference.convolution(x, arrays, "c").ravel().tolist() == [21, 8]


def test_pooling_leaves_out_what_is_outside() -> None:
    negative = IMAGE - 10
    np.testing.assert_array_equal(
        reference.pooling(negative, 3, 2, np.max, padding=1), [[[[-6, -5], [-3, -2]]]]
    )
    np.testing.assert_array_equal(reference.pooling(IMAGE, 2, 1, np.mean), [[[[2, 3], [5, 6]]]])


def test_batch_normalization_in_both_modes() -> None:
    arrays = {
        "b.weight": np.array([2.0]),
        "b.bias": np.array([5.0]),
        "b.running_mean": np.array([1.0]),
        "b.running_var": np.array([4.0]),
    }
    x = np.array([1.0, 3.0]).reshape(2, 1, 1, 1)  # mean 2, variance 1
    found = reference.batch_normalization(x, arrays, "b", training=True)
    size = 2 / math.sqrt(1 + 1e-5)
    np.testing.assert_allclose(found.ravel(), [5 - size, 5 + size])
    found = reference.batch_normalization(x, arrays, "b", training=False)
    np.testing.assert_allclose(found.ravel(), [5, 5 + 2 * 2 / math.sqrt(4 + 1e-5)])


def test_response_normalization_has_fewer_neighbours_at_the_edges() -> None:
    rule = ResponseNormalization(size=3, alpha=0.5, beta=2.0, k=1.0)
    spec = AlexNet((3, 32, 32), 10, normalization=rule)
    x = np.array([1.0, 2.0, 3.0]).reshape(1, 3, 1, 1)
    expected = [1 / 3.5**2, 2 / 8**2, 3 / 7.5**2]
    np.testing.assert_allclose(reference.normalized_response(spec, x).ravel(), expected)


def test_lstm_takes_two_steps() -> None:
    arrays = {
        "l.input_weight": np.array([[1.0], [2.0], [3.0], [4.0]]),
        "l.recurrent_weight": np.array([[5.0], [6.0], [7.0], [8.0]]),
        "l.bias": np.array([0.1, 0.2, 0.3, 0.4]),
    }

    def sigma(x: float) -> float:
        return 1 / (1 + math.exp(-x))

    cell = sigma(0.5 + 0.1) * math.tanh(1.5 + 0.3)
    first = sigma(2 + 0.4) * math.tanh(cell)
    cell = sigma(-2 + 6 * first + 0.2) * cell
    cell += sigma(-1 + 5 * first + 0.1) * math.tanh(-3 + 7 * first + 0.3)
    second = sigma(-4 + 8 * first + 0.4) * math.tanh(cell)
    found = reference.lstm(np.array([[0.5], [-1.0]]), arrays, "l")
    np.testing.assert_allclose(found.ravel(), [first, second], rtol=1e-14)


def test_flattened_goes_channel_by_channel() -> None:
    x = np.arange(12.0).reshape(1, 3, 2, 2)
    np.testing.assert_array_equal(reference.flattened(x), [np.arange(12)])


def test_loss_of_known_probabilities() -> None:
    logits = np.log([[0.5, 0.25, 0.25], [0.1, 0.2, 0.7]])
    found = reference.loss(logits, np.array([0, 2]))
    assert found == pytest.approx(-math.log(0.5) - math.log(0.7))


def test_loss_of_large_logits_does_not_overflow() -> None:
    assert reference.loss(np.array([[1000.0, 0.0]]), np.array([1])) == 1000


def test_central_difference_of_the_last_bias_is_probability_minus_target() -> None:
    spec = LeNet.classic(Samples((1, 28, 28), 10))
    arrays = {param.name: np.zeros(param.shape) for param in spec.parameters()}
    images, labels = np.zeros((2, 1, 28, 28)), np.array([3, 4])

    def derivative(index: int) -> float:
        return reference.central_difference(spec, arrays, images, labels, "dense3.bias", (index,))

    # Every class has the probability 0.1; class 3 is right for one sample of two.
    assert derivative(0) == pytest.approx(0.1, rel=1e-8)
    assert derivative(3) == pytest.approx(0.1 - 0.5, rel=1e-8)
    assert not any(array.any() for array in arrays.values())  # as it was


def test_a_residual_block_without_weights_is_its_shortcut() -> None:
    spec = ResNet((1, 32, 32), 2, "basic", (1, 1), (2, 4), "padding")
    arrays = {param.name: np.zeros(param.shape) for param in arrays_of(spec)}
    (first,), (second,) = spec.stages()
    x = np.random.default_rng(0).normal(size=(1, 2, 32, 32))

    y = reference.residual_block(first, arrays, x, training=True)
    z = reference.residual_block(second, arrays, y, training=True)

    np.testing.assert_array_equal(y, np.maximum(x, 0))
    np.testing.assert_array_equal(z[:, :2], y[:, :, ::2, ::2])
    assert z.shape == (1, 4, 16, 16)
    assert not z[:, 2:].any()
