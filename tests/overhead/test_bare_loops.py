"""The bare loops that the harness is held against train our models: the same steps as we do."""

import json
import subprocess
from itertools import product

import pytest

from bench.errors import UnavailableError
from bench.host.environments.preparation import prepare_environment
from bench.host.frameworks.framework import discover
from bench.host.frameworks.setup import build_default_variables, build_worker_environment
from tests.conftest import unavailable

PROGRAM = """
import json, sys
import numpy as np
from bench.job import Execution
from bench.models import MODELS
from bench.optimizer import Optimizer
from bench.spec import Samples, arrays_of
from bench.worker.backend import import_backend, import_file
from tests.overhead.worker import import_side

name, folder, mode, layout = json.loads(sys.argv[1])
backend_class = import_backend(name, folder)
bare = import_side(name, folder, "bare")
spec = MODELS["lenet"].build(Samples((1, 28, 28), 10))
generator = np.random.default_rng(1)
weights = {p.name: generator.normal(0, 0.1, p.shape).astype(np.float32) for p in arrays_of(spec)}
shape = (1, 28, 28) if layout == "NCHW" else (28, 28, 1)
inputs = generator.random((5, 8, *shape), dtype=np.float32)
labels = generator.integers(0, 10, (5, 8))
optimizer = Optimizer("sgd", 0.05, 0.9)
execution = Execution(mode, "ieee", "cpu", 1, layout)

ours = backend_class(spec, optimizer, execution)
ours.load(weights)
for x, y in zip(inputs, labels):
    ours.step(x, y)
expected = ours.export()

model = bare.own_model(spec, weights, execution)
bare.bare_loop(model, optimizer, execution)(inputs, labels)
parameters = import_file(name, folder, "weights")
if name == "jax":
    from flax import nnx
    states = nnx.state(model, nnx.Param, nnx.BatchStat)
    arrays = parameters.find_arrays(type(model), states, arrays_of(spec))
    found = parameters.canonical(arrays, states)
else:
    to_numpy = {
        "tensorflow": lambda one: one.numpy(),
        "mxnet": lambda one: one.data().asnumpy(),
        "pytorch": lambda one: one.detach().numpy(),
    }[name]
    arrays = parameters.find_arrays(model, arrays_of(spec))
    found = arrays.to_canonical({key: to_numpy(one) for key, one in arrays.by_name.items()})
moved = max(float(np.abs(expected[key] - weights[key]).max()) for key in expected)
error = max(float(np.abs(expected[key] - found[key]).max()) for key in expected)
print(json.dumps({"names": sorted(found) == sorted(expected), "moved": moved, "error": error}))
"""


@pytest.mark.parametrize(
    ("name", "mode"),
    [
        *product(("pytorch", "tensorflow", "mxnet"), ("eager", "compiled")),
        ("jax", "compiled"),
    ],
)
def test_the_bare_loop_takes_our_steps(name: str, mode: str) -> None:
    framework = discover()[name]
    try:
        environment = prepare_environment(framework, "cpu", {}, print)
    except UnavailableError as error:
        unavailable(str(error))
    arguments = json.dumps([name, str(framework.folder), mode, framework.layout])
    finished = subprocess.run(
        [str(environment.python), "-P", "-c", PROGRAM, arguments],
        env=build_worker_environment(build_default_variables(framework, "cpu", "ieee", 1), "cpu"),
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    found = json.loads(finished.stdout.strip().splitlines()[-1])
    assert found["names"]
    assert found["moved"] > 1e-3
    assert found["error"] < 1e-5 * max(1.0, found["moved"])
