#!/usr/bin/env bash
# One expects the same Keras model with the same weights and data to take the same step on every backend. On TensorFlow
# an embedding's gradient is sparse, one part for each occurrence of a token, and Keras 3.15.1 squares the parts before it
# adds them: Adam's second moment of a frequent token is too small and its step too long (twice, for four occurrences; the
# JAX backend is right). clipnorm clips the parts too: a gradient clipped to norm 1 moves the weights by 1.84. So word
# embeddings train with another rule than the rest of the model, and than in any other framework, without a word.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3.11 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet tensorflow-cpu==2.21.0 keras==3.15.1 jax==0.10.2 numpy==2.4.6
cat >"$work/step.py" <<'PY'
import json
import sys

import keras
import numpy as np


def step(optimizer):
    """Train one step on tokens 1, 2, 2, 2, 2: the loss is the sum of their embeddings, so the gradient is 1 and 4."""
    model = keras.Sequential([keras.Input((5,)), keras.layers.Embedding(4, 1, embeddings_initializer="zeros")])
    model.compile(optimizer, loss=lambda true, predicted: keras.ops.sum(predicted), jit_compile=False)
    model.train_on_batch(np.array([[1, 2, 2, 2, 2]]), np.zeros((1, 5, 1), "float32"))
    return -np.array(keras.ops.convert_to_numpy(model.layers[0].embeddings)).ravel()[1:3].astype(float)


optimizers = keras.optimizers
rules = {
    "SGD": optimizers.SGD(1.0),
    "SGD, clipnorm=1": optimizers.SGD(1.0, clipnorm=1.0),
    "SGD, global_clipnorm=1": optimizers.SGD(1.0, global_clipnorm=1.0),
    "SGD, clipvalue=1": optimizers.SGD(1.0, clipvalue=1.0),
    "Adam": optimizers.Adam(0.1),
    "AdamW": optimizers.AdamW(0.1, weight_decay=0.0),
    "Adagrad": optimizers.Adagrad(0.1),
    "RMSprop": optimizers.RMSprop(0.1),
}
json.dump({name: step(rule).tolist() for name, rule in rules.items()}, sys.stdout)
PY
export OMP_NUM_THREADS=2 TF_NUM_INTRAOP_THREADS=2 NPROC=2 JAX_PLATFORMS=cpu TF_CPP_MIN_LOG_LEVEL=3 TF_ENABLE_ONEDNN_OPTS=0
for backend in tensorflow jax; do
    KERAS_BACKEND=$backend "$work/venv/bin/python" -W ignore "$work/step.py" >"$work/$backend.json" 2>"$work/errors" ||
        { cat "$work/errors"; exit 1; }
done
"$work/venv/bin/pip" list 2>/dev/null | grep -E "^(keras|tensorflow_cpu|jax) "
"$work/venv/bin/python" - "$work" <<'PY'
import json
import sys

tensorflow, jax = (json.load(open(f"{sys.argv[1]}/{name}.json")) for name in ("tensorflow", "jax"))
print("First step of a token that occurs once and one that occurs four times (gradients 1 and 4):")
for rule in jax:
    print(f"{rule:24} TensorFlow {tensorflow[rule][0]:.4f} {tensorflow[rule][1]:.4f}   JAX {jax[rule][0]:.4f} {jax[rule][1]:.4f}")


def near(actual, expected):
    return all(abs(a - b) < 1e-3 for a, b in zip(actual, expected))


assert near(tensorflow["SGD"], (1, 4)) and near(jax["SGD"], (1, 4))
for rule in ("Adam", "AdamW"):
    assert near(jax[rule], (0.1, 0.1)) and near(tensorflow[rule], (0.1, 0.2)), rule
for rule in ("Adagrad", "RMSprop"):
    assert tensorflow[rule][1] > 1.9 * jax[rule][1], rule
norm = {name: sum(x * x for x in steps["SGD, clipnorm=1"]) ** 0.5 for name, steps in (("TensorFlow", tensorflow), ("JAX", jax))}
print("Norm of the step under clipnorm=1:", norm)
assert abs(norm["JAX"] - 1) < 1e-3 and norm["TensorFlow"] > 1.8
assert near(tensorflow["SGD, clipvalue=1"], (1, 4)) and near(jax["SGD, clipvalue=1"], (1, 1))
PY
