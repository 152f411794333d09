#!/usr/bin/env bash
# XLA's cost analysis is how one asks JAX for the operations of a compiled step, for utilization or to compare models. One
# expects 100 times the steps of a recurrent network to be 100 times the operations; jax 0.10.2 reports the same number
# for 10 and for 1,000 steps, because the body of lax.scan is counted once, whatever its length, compiled or only lowered.
# So the figure of an LSTM, of scanned Transformer layers or of accumulated micro-batches is too low by that length.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3.11 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet jax==0.10.2 jaxlib==0.10.2 numpy==2.4.6
export JAX_PLATFORMS=cpu NPROC=2
"$work/venv/bin/python" -W ignore - <<'PY'
import jax
import jax.numpy as jnp

print("jax", jax.__version__)
batch, units = 8, 64


def scanned(kernel, inputs):
    def step(state, x):
        return jnp.tanh(state @ kernel + x), None

    return jax.lax.scan(step, jnp.zeros((batch, units)), inputs)[0]


def unrolled(kernel, inputs):
    state = jnp.zeros((batch, units))
    for x in inputs:
        state = jnp.tanh(state @ kernel + x)
    return state


def count(function, steps):
    lowered = jax.jit(function).lower(jnp.ones((units, units)), jnp.ones((steps, batch, units)))
    counts = [stage.cost_analysis() for stage in (lowered, lowered.compile())]
    return [count["flops"] for count in counts]


counted = {}
for name, function, steps in (("scan", scanned, 10), ("scan", scanned, 1000), ("unrolled", unrolled, 10)):
    lowered, compiled = count(function, steps)
    true = 2 * steps * batch * units * units
    counted[name, steps] = compiled
    print(f"{name:8} {steps:5} steps: lowered {lowered:11,.0f}, compiled {compiled:11,.0f}, products alone {true:11,}")

assert counted["scan", 10] == counted["scan", 1000] < 2 * 2 * batch * units * units
assert counted["unrolled", 10] > 9 * 2 * batch * units * units


def loss(kernel, inputs):
    return scanned(kernel, inputs).sum()


backward = [
    jax.jit(jax.grad(loss)).lower(jnp.ones((units, units)), jnp.ones((n, batch, units))).compile().cost_analysis()["flops"]
    for n in (10, 1000)
]
print("gradient, 10 and 1,000 steps:", *(f"{n:,.0f}" for n in backward))
assert backward[1] < 5 * backward[0]
PY
