#!/usr/bin/env bash
# Batch normalization's running statistics move when a training batch goes forward, everywhere but here. In MXNet 1.9.1 on
# a CPU they move in the backward pass: forward passes in training mode, the usual way to estimate statistics again after
# weights were averaged or loaded, leave them as they were, and two backward passes through one graph move them twice.
# Nothing warns, and the evaluation is then made with statistics that no batch had.
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
from mxnet.gluon import nn

print("mxnet", mx.__version__, "numpy", np.__version__)
images = nd.array(np.random.default_rng(0).standard_normal((8, 1, 4, 4)) + 5)
mean = images.asnumpy().mean()


def make(hybridized):
    block = nn.BatchNorm(in_channels=1, momentum=0.9)
    block.initialize()
    if hybridized:
        block.hybridize()
    return block, lambda: block.running_mean.data().asscalar()


for hybridized in (False, True):
    block, running_mean = make(hybridized)
    for _ in range(10):
        with autograd.record(train_mode=True):
            outputs = block(images)
        outputs.wait_to_read()
    forward = running_mean()
    outputs.backward()
    once = running_mean()
    with autograd.record(train_mode=True):
        outputs = block(images)
    outputs.backward(retain_graph=True)
    outputs.backward()
    thrice = running_mean()
    print(
        f"hybridized {hybridized}: running mean after 10 training passes forward {forward:.4f}, after one backward "
        f"{once:.4f}, after one more forward and two backward {thrice:.4f}; expected {mean * (1 - 0.9**10):.4f} "
        f"after 10 passes, {mean * (1 - 0.9**11):.4f} after 11"
    )
    assert forward == 0 and abs(once - 0.1 * mean) < 1e-4 and abs(thrice - mean * (1 - 0.9**3)) < 1e-4
PY
