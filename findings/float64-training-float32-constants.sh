#!/usr/bin/env bash
# With float64 weights, gradients and data, an optimizer and batch normalization should follow their formulas to 1e-15. In
# MXNet 1.9.1 and PaddlePaddle 3.3.1 the constants pass through float32 on the way, without a word: 0.9 becomes
# 0.89999998, so momentum, the decay of running statistics, Adam's corrected rate, label smoothing (and all of MXNet's
# rnn.RNN with its default ReLU) are off by 1e-8 to 1e-7. Constants that float32 holds exactly (0.875, 0.0625) are right
# to the last bit: with them a comparison in float64 can still be sharp.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3.11 -m venv "$work/mxnet"
"$work/mxnet/bin/pip" install --quiet mxnet==1.9.1 numpy==1.23.5 requests==2.34.2 graphviz==0.8.4
python3.11 -m venv "$work/paddle"
"$work/paddle/bin/pip" install --quiet paddlepaddle==3.3.1 numpy==2.4.6 setuptools==80.9.0
export OMP_NUM_THREADS=2
"$work/mxnet/bin/python" -W ignore - <<'PY' 2>"$work/errors" || { cat "$work/errors"; exit 1; }
import mxnet as mx
import numpy as np
from mxnet import autograd, nd
from mxnet.gluon import nn, rnn

print("mxnet", mx.__version__, "numpy", np.__version__)
rng = np.random.default_rng(0)
gradients = rng.standard_normal((10, 5))


def show(name, error, exact):
    print(f"  {name:42} off by {error:.1e}")
    assert error < 1e-14 if exact else 1e-9 < error < 1e-6, name


def train(rule, **options):
    optimizer, weights = mx.optimizer.create(rule, **options), nd.ones(5, dtype="float64")
    state = optimizer.create_state(0, weights)
    for gradient in gradients:
        optimizer.update(0, weights, nd.array(gradient, dtype="float64"), state)
    return weights.asnumpy()


for rate, momentum, exact in ((0.05, 0.9, False), (0.0625, 0.875, True)):
    weights, velocity = np.ones(5), np.zeros(5)
    for gradient in gradients:
        velocity = momentum * velocity - rate * gradient
        weights = weights + velocity
    show(f"SGD, rate {rate}, momentum {momentum}, 10 steps", abs(train("sgd", learning_rate=rate, momentum=momentum) - weights).max(), exact)
weights, first, second = np.ones(5), np.zeros(5), np.zeros(5)
for t, gradient in enumerate(gradients, 1):
    first, second = 0.9 * first + 0.1 * gradient, 0.999 * second + 0.001 * gradient**2
    weights = weights - 0.001 * np.sqrt(1 - 0.999**t) / (1 - 0.9**t) * first / (np.sqrt(second) + 1e-8)
show("Adam, rate 0.001, 10 steps", abs(train("adam", learning_rate=0.001) - weights).max(), False)
images = rng.standard_normal((8, 3, 4, 4)) + 5
for momentum, exact in ((0.9, False), (0.875, True)):
    layer = nn.BatchNorm(momentum=momentum, in_channels=3)
    layer.initialize()
    layer.cast("float64")
    with autograd.record():
        outputs = layer(nd.array(images, dtype="float64"))
    outputs.backward()
    mean = layer.running_mean.data().asnumpy()
    assert mean.dtype == np.float64
    show(f"BatchNorm's running mean, momentum {momentum}", abs(mean - (1 - momentum) * images.mean((0, 2, 3))).max(), exact)
sequence = rng.standard_normal((10, 4, 8))
for activation, function, exact in (("relu", lambda x: np.maximum(x, 0), False), ("tanh", np.tanh, True)):
    layer = rnn.RNN(16, activation=activation, input_size=8)
    layer.initialize(mx.init.Uniform(0.3))
    layer.cast("float64")
    outputs = layer(nd.array(sequence, dtype="float64")).asnumpy()
    input_kernel, hidden_kernel, input_bias, hidden_bias = (p.data().asnumpy() for p in layer.collect_params().values())
    state = np.zeros((4, 16))
    for x in sequence:
        state = function(x @ input_kernel.T + input_bias + state @ hidden_kernel.T + hidden_bias)
    assert outputs.dtype == np.float64
    show(f"rnn.RNN with {activation}, 10 steps", abs(outputs[-1] - state).max(), exact)
PY
"$work/paddle/bin/python" -W ignore - <<'PY' 2>"$work/errors" || { cat "$work/errors"; exit 1; }
import numpy as np
import paddle
import paddle.nn.functional as F

print("paddle", paddle.__version__, "numpy", np.__version__)
paddle.set_default_dtype("float64")
rng = np.random.default_rng(0)
gradients = rng.standard_normal((10, 5))


def show(name, error, exact):
    print(f"  {name:42} off by {error:.1e}")
    assert error < 1e-14 if exact else 1e-9 < error < 1e-6, name


for rate, momentum, exact in ((0.05, 0.9, False), (0.0625, 0.875, True)):
    initial = paddle.nn.initializer.Constant(1.0)
    weights = paddle.create_parameter([5], "float64", default_initializer=initial)
    optimizer = paddle.optimizer.Momentum(learning_rate=rate, momentum=momentum, parameters=[weights])
    expected, velocity = np.ones(5), np.zeros(5)
    for gradient in gradients:
        (weights * paddle.to_tensor(gradient)).sum().backward()
        optimizer.step()
        optimizer.clear_grad()
        velocity = momentum * velocity + gradient
        expected = expected - rate * velocity
    show(f"Momentum, rate {rate}, momentum {momentum}, 10 steps", abs(weights.numpy() - expected).max(), exact)
rows = rng.standard_normal((8, 3)) + 5
for momentum, exact in ((0.71, False), (0.875, True)):
    layer = paddle.nn.BatchNorm1D(3, momentum=momentum)
    layer(paddle.to_tensor(rows))
    show(f"BatchNorm1D's running mean, momentum {momentum}", abs(layer._mean.numpy() - (1 - momentum) * rows.mean(0)).max(), exact)
labels = np.eye(4)
for epsilon, exact in ((0.1, False), (0.125, True)):
    smooth = F.label_smooth(paddle.to_tensor(labels), epsilon=epsilon).numpy()
    show(f"label_smooth, epsilon {epsilon}", abs(smooth - ((1 - epsilon) * labels + epsilon / 4)).max(), exact)
PY
