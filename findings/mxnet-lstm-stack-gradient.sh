#!/usr/bin/env bash
# rnn.LSTM(units, num_layers=2) should give each layer its gradient, in any type. In MXNet 1.9.1 on a CPU in float64 it
# gives the lower layers none from above when the input of the block needs no gradient, as images and features never do:
# their weights' gradients are meaningless (relative error 1, another time 100), while loss and top layer are right. With
# attach_grad() on the input, or in float32 with oneDNN, the same weights get the right gradient.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3.11 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet mxnet==1.9.1 numpy==1.23.5 requests==2.34.2 graphviz==0.8.4
export OMP_NUM_THREADS=2
cat >"$work/gradients.py" <<'PY'
import sys

import mxnet as mx
import numpy as np
from mxnet import autograd, nd
from mxnet.gluon import rnn

if sys.argv[1] == "1":
    print("mxnet", mx.__version__, "numpy", np.__version__)
sequence = np.random.default_rng(0).standard_normal((10, 4, 8))


def gradients(layers, dtype, input_gradient):
    np.random.seed(1)
    mx.random.seed(1)
    block = rnn.LSTM(16, num_layers=layers, input_size=8)
    block.initialize(mx.init.Uniform(0.2))
    block.cast(dtype)
    inputs = nd.array(sequence, dtype=dtype)
    if input_gradient:
        inputs.attach_grad()
    with autograd.record():
        loss = (block(inputs) ** 2).sum()
    loss.backward()
    weights = [p for name, p in block.collect_params().items() if name.endswith("i2h_weight")]
    return loss.asscalar(), [p.grad().asnumpy().astype("float64") for p in weights]


layers = int(sys.argv[1])
results = {needed: gradients(layers, "float64", needed) for needed in (False, True)}
reference_loss, reference = gradients(layers, "float32", False)
for needed, (loss, got) in results.items():
    errors = [np.linalg.norm(a - b) / np.linalg.norm(b) for a, b in zip(got, reference)]
    print(
        f"{layers} layers, float64, gradient of the input {'' if needed else 'not '}asked for: loss {loss:.7f} "
        f"(float32 {reference_loss:.7f}), relative errors of the kernels, lowest layer first:", *(f"{e:.1e}" for e in errors)
    )
    assert abs(loss - reference_loss) < 1e-6 * loss and errors[-1] < 1e-5
    if needed or layers == 1:
        assert max(errors) < 1e-5
    else:
        assert any(not error < 1e-3 for error in errors[:-1]), "the lower layers' gradients are right"
PY
for layers in 1 2 3; do
    "$work/venv/bin/python" -W ignore "$work/gradients.py" "$layers"
done
