"""Each framework trains on the same batches, whoever brings them: the worker, or its own loader.

What tests/bench/suite/test_real_frameworks.py sees in whole runs each night, of three steps.
"""

import json

import pytest

from bench.host.frameworks.framework import discover
from bench.host.frameworks.setup import build_default_variables
from tests.impls.conftest import RunProgram

PROGRAM = """
import json
import numpy as np
from bench.job import Execution
from bench.models import MODELS
from bench.optimizer import Optimizer
from bench.spec import Samples, arrays_of
from bench.worker.backend import import_backend

generator = np.random.default_rng(1)
spec = MODELS["lenet"].build(Samples((1, 28, 28), 10))
execution = Execution("{mode}", "ieee", "cpu", 1, "{layout}")
backend = import_backend("{name}", "{folder}")(spec, Optimizer("sgd", 0.1, 0.9), execution)
weights = {{
    one.name: generator.normal(0, 0.1, one.shape).astype(np.float32) for one in arrays_of(spec)
}}
images = generator.random((24, 28, 28, 1), dtype=np.float32)
if "{layout}" == "NCHW":
    images = images.reshape(24, 1, 28, 28)
labels = generator.integers(0, 10, 24)
order = generator.permutation(24).reshape(3, 8)


def train(step, batches):
    backend.load(weights)
    return backend.losses([step(*batch) for batch in batches])


batches = [(images[rows], labels[rows]) for rows in order]
print(json.dumps([
    train(backend.step, batches),
    train(backend.step_loaded, [backend.place(*batch) for batch in batches]),
    train(backend.step_loaded, backend.loader(images, labels, order)),
]))
"""


@pytest.mark.parametrize("name", list(discover()))
def test_every_input_gives_the_same_batches(name: str, run_program: RunProgram) -> None:
    framework = discover()[name]
    program = PROGRAM.format(
        name=name,
        folder=framework.folder,
        mode=framework.default_mode,
        layout=framework.layout,
    )
    variables = build_default_variables(framework, "cpu", "ieee", 1)
    printed = run_program(name, program, variables=variables).stdout
    prepared, on_device, loaded = json.loads(printed.splitlines()[-1])
    assert len(set(prepared)) == len(prepared) == 3
    assert on_device == pytest.approx(prepared, rel=1e-5)
    assert loaded == pytest.approx(prepared, rel=1e-5)
