#!/usr/bin/env bash
# rnn.LSTM(dropout=0.5) and rnn.LSTM(use_sequence_length=True) are how Gluon's documentation regularizes a stack and
# handles padded texts. In MXNet 1.9.1 on a CPU in float32, its default, both are accepted and do nothing: outputs of a
# training pass with dropout 0.99 are those without, and lengths change neither outputs nor last states nor gradients. In
# float64 the same dropout works. So a model trains without the regularization that its paper names, and reads padding.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3.11 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet mxnet==1.9.1 numpy==1.23.5 requests==2.34.2 graphviz==0.8.4
export OMP_NUM_THREADS=2
"$work/venv/bin/python" -W ignore - <<'PY'
import mxnet as mx
import numpy as np
from mxnet import autograd, nd
from mxnet.gluon import rnn

print("mxnet", mx.__version__, "numpy", np.__version__)


def layer(kind, dtype="float32", **options):
    mx.random.seed(0)
    np.random.seed(0)
    block = kind(8, input_size=4, **options)
    block.initialize(mx.init.Uniform(0.5))
    block.cast(dtype)
    return block


words = np.random.default_rng(0).standard_normal((5, 2, 4))
for kind in (rnn.LSTM, rnn.GRU):
    for dtype in ("float32", "float64"):
        inputs = nd.array(words, dtype=dtype)
        block = layer(kind, dtype, num_layers=2, dropout=0.99)
        with autograd.record(train_mode=True):
            first, second = block(inputs), block(inputs)
        change = abs((first - second).asnumpy()).max()
        effect = abs((first - block(inputs)).asnumpy()).max()
        print(f"{kind.__name__} {dtype}, dropout 0.99 between two layers: two training passes differ by {change:.1e}, training and evaluation by {effect:.1e}")
        assert effect < 1e-6 if dtype == "float32" else effect > 1e-3

    inputs = nd.array(words)
    block = layer(kind, use_sequence_length=True)
    results = {}
    for lengths in ((5, 5), (5, 2)):
        with autograd.record():
            outputs, states = block(inputs, block.begin_state(batch_size=2), sequence_length=nd.array(lengths))
            (outputs**2).sum().backward()
        gradient = next(iter(block.collect_params().values())).grad().asnumpy().copy()
        results[lengths] = outputs.asnumpy(), states[0].asnumpy(), gradient
    change = [abs(a - b).max() for a, b in zip(results[5, 5], results[5, 2])]
    beyond = abs(results[5, 2][0][2:, 1]).max()
    print(f"{kind.__name__} float32, lengths (5, 2) in place of (5, 5): outputs, last states and gradients change by {change}; largest output beyond the end {beyond:.2f}")
    assert change == [0, 0, 0] and beyond > 0.1
PY
