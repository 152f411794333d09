#!/usr/bin/env bash
# The sum of many float32 values should be as good as NumPy's, which adds in pairs. MLX 0.32.4 seems to add one after the
# other on the CPU: the variance of a million uniform values is off by 4e-4, of 33 million by 5 %, the mean of 67 million
# ones is 0.25 in place of 1, and clip_grad_norm takes the norm of a layer of that size for half of what it is, so that a
# gradient "clipped to 1" has norm 2. A loss, a variance or a gradient norm over a large array is quietly too small.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3.11 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet "mlx[cpu]==0.32.4" numpy==2.4.6
"$work/venv/bin/python" -W ignore - <<'PY'
import importlib.metadata

import mlx.core as mx
import mlx.optimizers as optimizers
import numpy as np

print("mlx", importlib.metadata.version("mlx"), "numpy", np.__version__)
mx.set_default_device(mx.cpu)
rng = np.random.default_rng(0)


def error(actual, expected):
    return abs(float(actual) / float(expected) - 1)


variance = {}
for power in (16, 20, 24, 25):
    values = rng.random(2**power, dtype="float32")
    array, exact = mx.array(values), values.astype("float64")
    variance[power] = error(mx.var(array), exact.var())
    print(
        f"2^{power} uniform values, relative errors: mean {error(mx.mean(array), exact.mean()):.0e} "
        f"(NumPy's float32 {error(values.mean(), exact.mean()):.0e}), variance {variance[power]:.0e} "
        f"({error(values.var(), exact.var()):.0e}), norm {error(mx.linalg.norm(array), np.linalg.norm(exact)):.0e}"
    )
assert variance[20] > 1e-4 and variance[25] > 0.02
ones = mx.ones((2**26,))
mean = mx.mean(ones).item()
gradient, norm = optimizers.clip_grad_norm({"w": ones}, 1.0)
clipped = np.linalg.norm(np.array(gradient["w"]).astype("float64"))
print(f"2^26 ones: mean {mean}, norm {norm.item()} (true {2**13}); norm after clip_grad_norm to 1: {clipped:.3f}")
assert mean < 0.6 and norm.item() < 5000 and clipped > 1.9
PY
