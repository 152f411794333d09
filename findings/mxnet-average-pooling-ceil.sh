#!/usr/bin/env bash
# The gradient of average pooling is the same in float32 and float64, up to rounding. In MXNet 1.9.1 on a CPU, float32
# (oneDNN) with pooling_convention="full" (ceil mode) and the default count_include_pad gives another gradient than
# float64 for a 7x7 map under a 2x2 window, and for several other sizes: the windows over the edge are divided by 4 in the
# backward pass where the forward pass divided by 1 or 2. Outputs agree, so only training shows it: with a gradient of 1
# for each of 16 outputs, 12.25 arrive in place of 16.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3.11 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet mxnet==1.9.1 numpy==1.23.5 requests==2.34.2 graphviz==0.8.4
export OMP_NUM_THREADS=2
"$work/venv/bin/python" -W ignore - <<'PY' 2>"$work/errors" || { cat "$work/errors"; exit 1; }
import mxnet as mx
import numpy as np
from mxnet import autograd, nd

print("mxnet", mx.__version__, "numpy", np.__version__)


def pool(dtype, size, window, stride, pad):
    maps = nd.array(np.random.default_rng(0).standard_normal((1, 1, size, size)), dtype=dtype)
    maps.attach_grad()
    options = dict(kernel=(window, window), stride=(stride, stride), pad=(pad, pad), pool_type="avg")
    with autograd.record():
        outputs = nd.Pooling(maps, pooling_convention="full", **options)
        outputs.sum().backward()
    return outputs.asnumpy(), maps.grad.asnumpy()


for size, window, stride, pad, wrong in (
    (8, 2, 2, 0, False), (7, 3, 2, 0, False), (7, 2, 2, 0, True), (6, 3, 2, 0, True), (8, 3, 2, 1, True)
):
    (single, single_gradient), (double, double_gradient) = (pool(dtype, size, window, stride, pad) for dtype in ("float32", "float64"))
    error = abs(single_gradient - double_gradient).max()
    print(
        f"map {size}x{size}, window {window}, stride {stride}, pad {pad}: outputs differ by {abs(single - double).max():.0e}, gradients by {error:.2f}; "
        f"sum of the gradient: float32 {single_gradient.sum():.3f}, float64 {double_gradient.sum():.3f}"
    )
    assert abs(single - double).max() < 1e-5 and (error > 0.1) == wrong
PY
