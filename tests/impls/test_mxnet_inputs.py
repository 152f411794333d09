"""MXNet gets its inputs without a copy: a copy of many values would slow every later step."""

from bench.host.frameworks.framework import discover
from tests.impls.conftest import RunProgram

PROGRAM = """
import numpy as np
from bench.job import Execution
from bench.models import MODELS
from bench.spec import Samples
from bench.optimizer import Optimizer
from bench.worker.backend import import_backend

spec = MODELS["lenet"].build(Samples((1, 32, 32), 10))
backend_class = import_backend("mxnet", FOLDER)
backend = backend_class(spec, Optimizer("sgd", 0.1, 0.9), Execution("eager", "ieee", "cpu", 2))
array = np.zeros((300, 1, 32, 32), np.float32)
on_device = backend._to_device(array)
array.flags.writeable = True
array[:] = 7.0
print(on_device.sum().asscalar() == 7.0 * array.size)
"""


def test_the_device_array_is_the_numpy_arrays_memory(run_program: RunProgram) -> None:
    program = PROGRAM.replace("FOLDER", repr(str(discover()["mxnet"].folder)))
    finished = run_program("mxnet", program, variables={"OMP_NUM_THREADS": "2"})
    assert finished.stdout.strip() == "True"
