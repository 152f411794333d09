#!/usr/bin/env bash
# Making a model draws some random numbers; one expects that to cost nothing beside compiling the training step. With Flax
# 0.12.8 and jax 0.10.2, nnx.Linear and nnx.Conv draw outside of any jit, and XLA compiles several programs for each new
# shape of a weight: 20 for 4 layers, 80 for 24. Inside nnx.jit the same weights are one program, and nnx.eval_shape
# compiles none, which is enough where weights come from a file. Start-up time grows so with the number of shapes, and
# whoever times it measures the compiler.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3.11 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet jax==0.10.2 flax==0.12.8 numpy==2.4.6
cat >"$work/count.py" <<'PY'
import sys

import flax
import jax
from flax import nnx

compilations = 0


def count(event, duration, **attributes):
    global compilations
    compilations += event == "/jax/core/compile/backend_compile_duration"


jax.monitoring.register_event_duration_secs_listener(count)


class Net(nnx.Module):
    def __init__(self, rngs, depth):
        self.layers = nnx.List([nnx.Linear(8 + i, 9 + i, rngs=rngs) for i in range(depth)])


way, depth = sys.argv[1], int(sys.argv[2])
if way == "plain":
    Net(nnx.Rngs(0), depth)
elif way == "jit":
    nnx.jit(lambda: Net(nnx.Rngs(0), depth))()
else:
    nnx.eval_shape(lambda: Net(nnx.Rngs(0), depth))
print(compilations)
PY
export JAX_PLATFORMS=cpu NPROC=2
"$work/venv/bin/pip" list 2>/dev/null | grep -E "^(jax|flax) "
declare -A programs
for way in plain jit eval_shape; do
    for depth in 4 24; do
        programs[$way$depth]=$("$work/venv/bin/python" -W ignore "$work/count.py" $way $depth)
        echo "$depth layers, $way: ${programs[$way$depth]} programs compiled"
    done
done
((programs[plain4] >= 12 && programs[plain24] - programs[plain4] >= 2 * 20))
((programs[jit4] <= 10 && programs[jit24] == programs[jit4] && programs[eval_shape24] == programs[eval_shape4]))
((programs[eval_shape24] < programs[jit24]))
