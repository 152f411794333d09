#!/usr/bin/env bash
# One expects torch.compile to return eager's gradients, as it does for most models. In torch 2.13.0 on a CPU, a
# convolution followed by ReLU, max pooling and a dense layer gets a gradient of exactly zero at small batch sizes; loss
# and the dense layer's gradient are right, so the dense layer learns and nothing warns. The same net is right at batches
# of 8 and 64: a test at one batch size proves nothing about another, and a tail batch can be wrong alone.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3.11 -m venv "$work/venv"
# A build for CPUs is enough. The compiler of generated code (g++) has to be there.
"$work/venv/bin/pip" install --quiet torch==2.13.0 numpy==2.4.6
export OMP_NUM_THREADS=2 TORCHINDUCTOR_CACHE_DIR="$work/cache"
"$work/venv/bin/python" -W ignore - <<'PY'
import copy

import torch
from torch import nn
from torch.nn.functional import cross_entropy

print("torch", torch.__version__)


def relative_error(actual, expected):
    return ((actual - expected).norm() / expected.norm()).item()


def compare(batch, dtype):
    torch._dynamo.reset()
    torch.manual_seed(0)
    eager = nn.Sequential(
        nn.Conv2d(3, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(16 * 4 * 4, 5)
    ).to(dtype)
    same = copy.deepcopy(eager)
    compiled = torch.compile(same)
    images, labels = torch.randn(batch, 3, 8, 8, dtype=dtype), torch.randint(0, 5, (batch,))
    eager_loss, compiled_loss = cross_entropy(eager(images), labels), cross_entropy(compiled(images), labels)
    eager_loss.backward()
    compiled_loss.backward()
    convolution = relative_error(same[0].weight.grad, eager[0].weight.grad)
    dense = relative_error(same[4].weight.grad, eager[4].weight.grad)
    print(
        f"{str(dtype):14} batch {batch:2}: loss {compiled_loss.item():.6f} (eager {eager_loss.item():.6f}), "
        f"norm of the convolution's gradient {same[0].weight.grad.norm().item():.6f} "
        f"(eager {eager[0].weight.grad.norm().item():.6f}), relative error {convolution:.1e}, dense layer {dense:.1e}"
    )
    assert abs(eager_loss.item() - compiled_loss.item()) < 1e-5 and dense < 1e-5
    return convolution, same[0].weight.grad.norm().item()


for dtype in (torch.float32, torch.float64):
    for batch in (2, 4):
        assert compare(batch, dtype) == (1.0, 0.0), "the gradient is no longer lost"
    for batch in (8, 64):
        assert compare(batch, dtype)[0] < 1e-5
PY
