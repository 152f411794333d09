#!/usr/bin/env bash
# grad_req="add" is Gluon's way to accumulate gradients over several batches: three backward passes of the same loss
# should leave three times its gradient. In MXNet 1.9.1, where a parameter goes straight into mean(), each pass divides
# what was there before as well (1/4, 5/16, 21/64 for four elements), and behind cumsum() each pass overwrites it. Behind
# another operator, as in (weight * 1).mean(), the sum is right, so the same loss accumulates or not by how it is written.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3.11 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet mxnet==1.9.1 numpy==1.23.5 requests==2.34.2 graphviz==0.8.4
export OMP_NUM_THREADS=2
"$work/venv/bin/python" -W ignore - <<'PY'
import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd

print("mxnet", mx.__version__, "numpy", np.__version__)


def accumulate(loss):
    parameter = gluon.Parameter("weight", shape=(4,), grad_req="add")
    parameter.initialize(mx.init.One())
    values = []
    for _ in range(3):
        with autograd.record():
            value = loss(parameter.data())
        value.backward()
        values.append(parameter.grad().asnumpy()[0])
    return values


for name, loss, expected, seen in (
    ("sum()", lambda w: w.sum(), (1, 2, 3), (1, 2, 3)),
    ("mean()", lambda w: w.mean(), (0.25, 0.5, 0.75), (0.25, 0.3125, 0.328125)),
    ("cumsum().sum()", lambda w: nd.cumsum(w).sum(), (4, 8, 12), (4, 4, 4)),
    ("(w * 1).mean()", lambda w: (w * 1).mean(), (0.25, 0.5, 0.75), (0.25, 0.5, 0.75)),
):
    values = accumulate(loss)
    print(f"{name:15} first element of the gradient after 1, 2, 3 passes:", *values, " expected:", *expected)
    assert np.allclose(values, seen), name
PY
