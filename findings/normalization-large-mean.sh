#!/usr/bin/env bash
# A normalization layer should bring columns of air pressures (101,325 +- 30 Pa) to mean 0 and deviation 1; torch does.
# Keras 3.15.1 on torch, Flax 0.12.8 and ONNX Runtime 1.32.0 (GroupNormalization) take the variance as mean(x^2) -
# mean(x)^2 in float32, which cancels: the variances come out as 0, 1024 or 2048 in place of 624 to 1,207, and some outputs
# have a deviation of 9,946. Where the mean is 3,000 deviations, Keras on torch gives NaN. The same Keras model is right on
# JAX, and Flax is with use_fast_variance=False.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3.11 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet keras==3.15.1 torch==2.13.0 jax==0.10.2 flax==0.12.8 onnx==1.23.2 onnxruntime==1.32.0 \
    numpy==2.4.6 # a CPU build of torch is enough
export OMP_NUM_THREADS=2 NPROC=2 JAX_PLATFORMS=cpu
cat >"$work/keras_layers.py" <<'PY'
import importlib.metadata

import keras
import numpy as np

rng = np.random.default_rng(0)
print("keras", keras.__version__, "on", keras.backend.backend(), importlib.metadata.version(keras.backend.backend()))
pressures = rng.normal(101325, 30, (64, 6)).astype("float32")
true = pressures.var(0, dtype="float64")
layer = keras.layers.BatchNormalization(momentum=0.0)
outputs = keras.ops.convert_to_numpy(layer(pressures, training=True)).std(0)
variance = keras.ops.convert_to_numpy(layer.moving_variance)
print("  BatchNormalization, pressures: variances", variance.round(), "true", true.round(), "deviations of the output", outputs.round(3))
deviations = []
for mean in (0, 300, 1000, 3000):
    rows = (rng.standard_normal((64, 64)) + mean).astype("float32")
    batch = keras.ops.convert_to_numpy(keras.layers.BatchNormalization(epsilon=1e-5)(rows, training=True)).std(0).max()
    group = keras.ops.convert_to_numpy(keras.layers.GroupNormalization(groups=2, epsilon=1e-5)(rows)).reshape(64, 2, 32).std(2).max()
    deviations.append((batch, group))
    print(f"  mean {mean:4}, deviation 1: largest deviation of a column of the output: BatchNormalization {batch:.4f}, GroupNormalization {group:.4f}")
if keras.backend.backend() == "torch":
    import torch

    exact = torch.nn.BatchNorm1d(64)(torch.tensor(rows)).detach().numpy().std(0).max()
    print(f"  torch.nn.BatchNorm1d of the same rows: {exact:.4f}")
    assert abs(exact - 1) < 1e-3
    assert (variance % 1024 == 0).all() and abs(variance / true - 1).max() > 0.1
    assert max(deviations[2]) > 1.05 and not (np.array(deviations[3]) < 1.5).any()
else:
    assert abs(variance / true - 1).max() < 1e-3 and np.abs(np.array(deviations) - 1).max() < 1e-3
PY
KERAS_BACKEND=torch "$work/venv/bin/python" -W ignore "$work/keras_layers.py"
KERAS_BACKEND=jax "$work/venv/bin/python" -W ignore "$work/keras_layers.py"
"$work/venv/bin/python" -W ignore - <<'PY'
import flax
import numpy as np
import onnx
import onnxruntime
from flax import nnx
from onnx import TensorProto, helper, numpy_helper

rng = np.random.default_rng(0)
print("flax", flax.__version__)
pressures = rng.normal(101325, 30, (64, 6)).astype("float32")
true = pressures.var(0, dtype="float64")
layer = nnx.BatchNorm(6, momentum=0.0, rngs=nnx.Rngs(0))
outputs = np.asarray(layer(pressures)).std(0)
variance = np.asarray(layer.var[...])
print("  BatchNorm, pressures: variances", variance.round(), "true", true.round(), "deviations of the output", outputs.round(3))
assert (variance % 1024 == 0).all() and abs(variance / true - 1).max() > 0.1 and outputs.max() > 100
for mean in (0, 300, 1000, 3000):
    rows = (rng.standard_normal((64, 64)) + mean).astype("float32")
    batch = np.asarray(nnx.BatchNorm(64, rngs=nnx.Rngs(0))(rows)).std(0).max()
    layer = np.asarray(nnx.LayerNorm(64, rngs=nnx.Rngs(0))(rows)).std(1).max()
    exact = np.asarray(nnx.LayerNorm(64, use_fast_variance=False, rngs=nnx.Rngs(0))(rows)).std(1).max()
    print(f"  mean {mean:4}, deviation 1: BatchNorm {batch:.4f}, LayerNorm {layer:.4f}, with use_fast_variance=False {exact:.4f}")
    assert abs(exact - 1) < 1e-3
assert batch > 10 and layer > 10

print("onnxruntime", onnxruntime.__version__)


def run(operator, rows, parameters, **attributes):
    node = helper.make_node(operator, ["x", "scale", "bias"], ["y"], epsilon=1e-5, **attributes)
    constants = [numpy_helper.from_array(np.full(parameters, value, "float32"), name) for name, value in (("scale", 1), ("bias", 0))]
    ends = [[helper.make_tensor_value_info(name, TensorProto.FLOAT, None)] for name in "xy"]
    model = helper.make_model(helper.make_graph([node], "g", *ends, constants), opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 2
    return onnxruntime.InferenceSession(model.SerializeToString(), options).run(None, {"x": rows})[0]


for mean in (0, 300, 1000, 3000):
    rows = (rng.standard_normal((16, 64)) + mean).astype("float32")
    layer = run("LayerNormalization", rows, 64).std(1).max()
    group = run("GroupNormalization", rows.reshape(4, 4, 64), 2, num_groups=2).reshape(4, 2, 128).std(2).max()
    print(f"  mean {mean:4}, deviation 1: LayerNormalization {layer:.4f}, GroupNormalization (opset 18) {group:.4f}")
    assert abs(layer - 1) < 1e-3
assert group > 10
PY
