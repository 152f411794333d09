#!/usr/bin/env bash
# Adam's first step is the learning rate, in every framework, since the paper corrects both moments for their start at
# zero. MLX 0.32.4 leaves the correction out unless bias_correction=True: at a constant gradient the first step is 3.2
# times the rate, the twelfth 6.6 times, and even the thousandth 1.26 times. A recipe's rate and warm-up taken from
# elsewhere are so another training, most of all where warm-up is short.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3.11 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet "mlx[cpu]==0.32.4" numpy==2.4.6
"$work/venv/bin/python" -W ignore - <<'PY'
import importlib.metadata

import mlx.core as mx
import mlx.optimizers as optimizers

print("mlx", importlib.metadata.version("mlx"))
mx.set_default_device(mx.cpu)
rate = 1e-3


def steps(optimizer, count=1000):
    weights, before, sizes = {"w": mx.zeros((1,))}, 0.0, []
    for _ in range(count):
        weights = optimizer.apply_gradients({"w": mx.ones((1,))}, weights)
        value = weights["w"].item()
        sizes.append((before - value) / rate)
        before = value
    return sizes


plain = steps(optimizers.Adam(rate))
corrected = steps(optimizers.Adam(rate, bias_correction=True))
print("constant gradient: size of a step in learning rates, default / with bias_correction=True")
for step in (1, 2, 5, 12, 20, 50, 100, 1000):
    print(f"step {step:4}: {plain[step - 1]:.3f} / {corrected[step - 1]:.3f}")
print(f"largest: {max(plain):.3f} at step {plain.index(max(plain)) + 1}; the first 100 steps together: {sum(plain[:100]):.0f} / {sum(corrected[:100]):.0f}")
assert abs(plain[0] - 10**0.5) < 0.01 and max(plain) > 6 and plain[999] > 1.2
assert all(abs(size - 1) < 0.01 for size in corrected)
PY
