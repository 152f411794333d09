"""The four model families forward, once more: written from the definitions, obviously right.

Not a line is shared with the NumPy framework in `numpy/`, which this checks: every
function takes arrays and gives an array, and layers go through their outputs one by one. Slow,
and without gradients: `central_difference` has those.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from scipy.special import expit, logsumexp

from bench.models.alexnet import AlexNet
from bench.models.lenet import LeNet
from bench.models.lstm import LSTM
from bench.models.resnet import Block, ResNet

Array = np.ndarray[Any, Any]
Arrays = Mapping[str, Array]
Function = Callable[..., Any]
Spec = LeNet | AlexNet | ResNet | LSTM


def logits(spec: Spec, arrays: Arrays, inputs: Array, training: bool = False) -> Array:
    """(N, classes) in float64, without dropout."""
    if isinstance(spec, LSTM):
        return lstm_model(spec, arrays, inputs)
    images = inputs.astype(np.float64)
    if isinstance(spec, LeNet):
        return lenet(spec, arrays, images)
    if isinstance(spec, AlexNet):
        return alexnet(spec, arrays, images)
    return resnet(spec, arrays, images, training)


def loss(logits: Array, labels: Array) -> float:
    """Softmax cross-entropy, summed: the logarithm of the sum minus the right logit."""
    return sum(
        float(logsumexp(row) - row[label]) for row, label in zip(logits, labels, strict=True)
    )


def central_difference(
    spec: Spec,
    arrays: Arrays,
    inputs: Array,
    labels: Array,
    name: str,
    index: tuple[int, ...],
    step: float = 1e-6,
) -> float:
    """The derivative of the mean training loss with respect to one element of a parameter."""

    def mean_loss(distance: float) -> float:
        moved = arrays[name].copy()
        moved[index] += distance
        return loss(logits(spec, {**arrays, name: moved}, inputs, True), labels) / len(labels)

    return (mean_loss(step) - mean_loss(-step)) / (2 * step)


# Models


def lenet(spec: LeNet, arrays: Arrays, x: Array) -> Array:
    """LeCun et al. 1998, figure 2, in its common form."""
    activation: Function = relu if spec.activation == "relu" else np.tanh
    reduce: Function = np.max if spec.pooling == "max" else np.mean
    x = activation(convolution(x, arrays, "conv1", padding=2 if spec.input_shape[1] == 28 else 0))
    x = pooling(x, 2, 2, reduce)
    x = pooling(activation(convolution(x, arrays, "conv2")), 2, 2, reduce)
    x = activation(dense(flattened(x), arrays, "dense1"))
    x = activation(dense(x, arrays, "dense2"))
    return dense(x, arrays, "dense3")


def alexnet(spec: AlexNet, arrays: Arrays, x: Array) -> Array:
    """Krizhevsky 2014, in one column."""
    stride = {224: 4, 32: 2}[spec.input_shape[1]]
    x = normalized_response(spec, relu(convolution(x, arrays, "conv1", stride, padding=2)))
    x = pooling(x, 3, 2, np.max)
    x = normalized_response(spec, relu(convolution(x, arrays, "conv2", padding=2)))
    x = pooling(x, 3, 2, np.max)
    x = relu(convolution(x, arrays, "conv3", padding=1))
    x = relu(convolution(x, arrays, "conv4", padding=1))
    x = pooling(relu(convolution(x, arrays, "conv5", padding=1)), 3, 2, np.max)
    x = relu(dense(flattened(x), arrays, "dense1"))
    x = relu(dense(x, arrays, "dense2"))
    return dense(x, arrays, "dense3")


def resnet(spec: ResNet, arrays: Arrays, x: Array, training: bool) -> Array:
    """He et al. 2015."""
    if spec.input_shape[1] == 224:
        x = convolution(x, arrays, "conv1", stride=2, padding=3)
        x = relu(batch_normalization(x, arrays, "bn1", training))
        x = pooling(x, 3, 2, np.max, padding=1)
    else:
        x = convolution(x, arrays, "conv1", padding=1)
        x = relu(batch_normalization(x, arrays, "bn1", training))
    for stage in spec.stages():
        for block in stage:
            x = residual_block(block, arrays, x, training)
    return dense(x.mean(axis=(2, 3)), arrays, "dense")


def residual_block(block: Block, arrays: Arrays, x: Array, training: bool) -> Array:
    """Figure 5 of the paper, left and right; the stride is in the first 3x3 convolution."""

    def branch(x: Array, number: int, stride: int, padding: int) -> Array:
        y = convolution(x, arrays, f"{block.name}.conv{number}", stride, padding)
        return batch_normalization(y, arrays, f"{block.name}.bn{number}", training)

    if block.kind == "basic":
        y = branch(relu(branch(x, 1, block.stride, 1)), 2, 1, 1)
    else:
        y = branch(relu(branch(relu(branch(x, 1, 1, 0)), 2, block.stride, 1)), 3, 1, 0)
    if block.shortcut == "projection":
        x = convolution(x, arrays, f"{block.name}.projection", block.stride)
        x = batch_normalization(x, arrays, f"{block.name}.projection_bn", training)
    elif block.shortcut == "padding":
        x = x[:, :, :: block.stride, :: block.stride]
        whole = np.zeros_like(y)
        whole[:, : x.shape[1]] = x
        x = whole
    return relu(y + x)


def lstm_model(spec: LSTM, arrays: Arrays, inputs: Array) -> Array:
    """Layers of LSTM, and a dense layer on the last hidden state."""
    if spec.vocabulary:
        sequences = np.array(
            [[arrays["embedding.weight"][word] for word in text] for text in inputs]
        )
    else:
        sequences = inputs.astype(np.float64)[:, 0]
    for number in range(1, spec.layers + 1):
        sequences = np.array([lstm(one, arrays, f"lstm{number}") for one in sequences])
    return dense(sequences[:, -1], arrays, "dense")


# Layers


def convolution(x: Array, arrays: Arrays, name: str, stride: int = 1, padding: int = 0) -> Array:
    """Cross-correlation: the sum of products of the kernel with what is under it."""
    weight = arrays[f"{name}.weight"]
    outputs, _, kernel, _ = weight.shape
    kernels = weight.reshape(outputs, -1)
    margin = (padding, padding)
    x = np.pad(x, ((0, 0), (0, 0), margin, margin))
    rows, columns = ((side - kernel) // stride + 1 for side in x.shape[2:])
    y = np.empty((len(x), outputs, rows, columns))
    for row, column in np.ndindex(rows, columns):
        top, left = row * stride, column * stride
        window = x[:, :, top : top + kernel, left : left + kernel]
        y[:, :, row, column] = window.reshape(len(x), -1) @ kernels.T
    return y + with_bias(arrays, name)[:, None, None]


def with_bias(arrays: Arrays, name: str) -> Array:
    """A layer's bias, or zeros where it has none."""
    bias: Array = arrays.get(f"{name}.bias", np.zeros(len(arrays[f"{name}.weight"])))
    return bias


def pooling(x: Array, kernel: int, stride: int, reduce: Function, padding: int = 0) -> Array:
    """`reduce` of each window, without what is outside the map."""
    samples, channels, *sides = x.shape
    rows, columns = ((side + 2 * padding - kernel) // stride + 1 for side in sides)
    y = np.empty((samples, channels, rows, columns))
    for row, column in np.ndindex(rows, columns):
        top, left = row * stride - padding, column * stride - padding
        window = x[:, :, max(top, 0) : top + kernel, max(left, 0) : left + kernel]
        y[:, :, row, column] = reduce(window, axis=(2, 3))
    return y


def batch_normalization(x: Array, arrays: Arrays, name: str, training: bool) -> Array:
    """Ioffe and Szegedy 2015, algorithms 1 and 2, one channel after the other."""
    y = np.empty_like(x)
    for channel in range(x.shape[1]):
        if training:
            mean, variance = batch_statistics(x[:, channel])
        else:
            mean = arrays[f"{name}.running_mean"][channel]
            variance = arrays[f"{name}.running_var"][channel]
        normalized = (x[:, channel] - mean) / (variance + 1e-5) ** 0.5
        scale, shift = arrays[f"{name}.weight"][channel], arrays[f"{name}.bias"][channel]
        y[:, channel] = scale * normalized + shift
    return y


def batch_statistics(values: Array) -> tuple[float, float]:
    """Mean, and variance with the divisor n."""
    mean = float(values.sum() / values.size)
    return mean, float(((values - mean) ** 2).sum() / values.size)


def normalized_response(spec: AlexNet, x: Array) -> Array:
    """Krizhevsky et al. 2012, section 3.3; nothing where the spec has no such normalization."""
    rule = spec.normalization
    if rule is None:
        return x
    y = np.empty_like(x)
    for i in range(x.shape[1]):
        first, last = max(0, i - rule.size // 2), min(x.shape[1] - 1, i + rule.size // 2)
        squares = sum(x[:, j] ** 2 for j in range(first, last + 1))
        y[:, i] = x[:, i] / (rule.k + rule.alpha * squares) ** rule.beta
    return y


def lstm(sequence: Array, arrays: Arrays, name: str) -> Array:
    """The hidden states (T, U) of one sequence (T, F)."""
    # Whatever the frameworks do, a gate has its own two matrices and vector here.
    input_weights, recurrent_weights, biases = (
        dict(zip("ifgo", np.split(arrays[f"{name}.{kind}"], 4), strict=True))
        for kind in ("input_weight", "recurrent_weight", "bias")
    )
    hidden = cell = np.zeros(len(biases["i"]))
    states = []
    for x in sequence:
        i, f, g, o = (
            input_weights[gate] @ x + recurrent_weights[gate] @ hidden + biases[gate]
            for gate in "ifgo"
        )
        cell = expit(f) * cell + expit(i) * np.tanh(g)
        hidden = expit(o) * np.tanh(cell)
        states.append(hidden)
    return np.array(states)


def dense(x: Array, arrays: Arrays, name: str) -> Array:
    """W x + b for every sample."""
    weight, bias = arrays[f"{name}.weight"], arrays[f"{name}.bias"]
    return np.array([weight @ one + bias for one in x])


def relu(x: Array) -> Array:
    """The positive part."""
    return np.where(x > 0, x, 0.0)


def flattened(x: Array) -> Array:
    """(N, C * H * W), channel after channel, row after row."""
    return np.array([[value for channel in one for row in channel for value in row] for one in x])
