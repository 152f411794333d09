#!/usr/bin/env bash
# torch.utils.flop_counter is what many take for the floating-point operations of a step, and so for utilization (MFU).
# In torch 2.13.0 on a CPU it counts 0 for an LSTM, 0 for an attention layer and a whole Transformer encoder layer in eval
# mode (their fused operators are not in its table), no attention at all in a fused call, and for the gradient of a
# depthwise convolution's kernel as many times too much as there are channels. None of it warns; GRU and dense are right.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3.11 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet torch==2.13.0 numpy==2.4.6 # a build for CPUs is enough
export OMP_NUM_THREADS=2
"$work/venv/bin/python" -W ignore - <<'PY'
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

print("torch", torch.__version__)


def count(model, inputs, train=False):
    with FlopCounterMode(display=False) as counter, torch.set_grad_enabled(train):
        outputs = model(inputs)
        if train:
            (outputs[0] if isinstance(outputs, tuple) else outputs).sum().backward()
    return counter.get_total_flops()


def show(name, counted, true):
    print(f"{name:62} counted {counted:12,}  true {true:12,}  ratio {counted / true:.2f}")
    return counted / true


steps, batch, inputs, units = 20, 4, 32, 64
sequence = torch.randn(steps, batch, inputs)
gate = 2 * steps * batch * units * (inputs + units)
assert show("GRU, forward", count(nn.GRU(inputs, units), sequence), 3 * gate) == 1
assert show("LSTM, forward", count(nn.LSTM(inputs, units), sequence), 4 * gate) == 0
# Two products for each of forward's: 8 gate in backward, less the gradient of the data, which nobody needs.
assert show("LSTM, a training step", count(nn.LSTM(inputs, units), sequence, True), 12 * gate - 8 * steps * batch * units * inputs) == 0

words, width = torch.randn(2, 10, 64), 64
projections, scores = 2 * 4 * 2 * 10 * width * width, 2 * 2 * 2 * 10 * 10 * width
attention = nn.MultiheadAttention(width, 4, batch_first=True)
encoder = nn.TransformerEncoderLayer(width, 4, 128, batch_first=True)
layer = projections + scores + 2 * 2 * 2 * 10 * width * 128


def attend(queries):
    return attention(queries, queries, queries, need_weights=False)[0]


assert show("TransformerEncoderLayer in train mode, forward", count(encoder, words), layer) == 1
assert show("TransformerEncoderLayer in eval mode, forward", count(encoder.eval(), words), layer) == 0
assert count(attend, words) == projections
show("MultiheadAttention in train mode: projections only", count(attend, words), projections + scores)
attention.eval()
assert show("MultiheadAttention in eval mode", count(attend, words), projections + scores) == 0

for channels in (8, 64, 960):
    depthwise = nn.Conv2d(channels, channels, 3, groups=channels)
    images = torch.randn(2, channels, 16, 16, requires_grad=True)
    forward = 2 * 2 * channels * 9 * 14 * 14
    assert count(depthwise, images) == forward
    counted = count(depthwise, images, True)
    show(f"depthwise convolution, {channels} channels, a training step", counted, 3 * forward)
    assert counted == 2 * forward + channels * forward
PY
