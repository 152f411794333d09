"""Each framework's own product and copy: real workers, and what their operations leave."""

import json
from dataclasses import asdict

import pytest

from bench.host.ceilings.measurement import measure_ceilings
from bench.host.frameworks.framework import discover
from bench.host.frameworks.setup import build_default_variables
from bench.host.process.executor import Executor
from bench.job import Execution
from bench.protocol.ceilings import CeilingsJob, Workload
from bench.records.ceilings import Ceiling
from tests.impls.conftest import Environments, RunProgram, find_environment

FRAMEWORKS = ("jax", "mxnet", "pytorch", "tensorflow")
PRECISIONS = ("ieee", "tf32", "bf16")
TINY = Workload(side=64, copied_bytes=2**16, seconds=0.0, repetitions=3)
# Elementwise relative error of a product of positive values.
TOLERANCES = {"ieee": 1e-5, "bf16": 2**-6}

# Prints what the operations left, after two repetitions, as float64.
PROGRAM = """
import json, sys
import numpy as np
from bench.protocol.ceilings import CeilingsJob
from bench.worker.backend import import_file

def numbers(array):
    if hasattr(array, "asnumpy"):
        return array.asnumpy().astype(np.float64)
    if hasattr(array, "double"):
        return array.double().numpy()
    return np.asarray(array).astype(np.float64)

job = CeilingsJob.from_json(sys.stdin.read())
ceilings = import_file(job.framework, job.implementation, "ceilings")
product = ceilings.matrix_product(job.workload.side, job.execution)
product()
left, right, found = (numbers(one) for one in product())
expected = left @ right
error = float(np.abs(found / expected - 1).max())
copy = ceilings.copy(job.workload.copied_bytes, job.execution)
copy()
source, target = (numbers(one) for one in copy())
print(json.dumps({
    "error": error,
    "shape": found.shape,
    "distinct": len(np.unique(left)),
    "values": source.size,
    "copied": bool((source == target).all()),
    "varied": bool(source.std() > 0.1),
}))
"""


@pytest.fixture(scope="module")
def ceilings(
    environments: Environments, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Ceiling]:
    """Of each framework on the CPU, one thread."""
    for name in FRAMEWORKS:
        find_environment(environments, name)
    frameworks = [discover()[name] for name in FRAMEWORKS]
    scratch = tmp_path_factory.mktemp("scratch")
    return measure_ceilings(
        frameworks, environments, "cpu", 1, PRECISIONS, Executor(), scratch, TINY
    )


def test_each_framework_is_measured_in_what_it_has(ceilings: dict[str, Ceiling]) -> None:
    assert {name: sorted(one.products) for name, one in ceilings.items()} == {
        "ieee": ["jax", "mxnet", "pytorch", "tensorflow"],
        "tf32": [],
        "bf16": ["jax", "pytorch", "tensorflow"],
    }
    for ceiling in ceilings.values():
        assert sorted(ceiling.copies) == list(FRAMEWORKS)
        assert {one.amount for one in ceiling.products.values()} <= {2 * 64**3}
        assert {one.amount for one in ceiling.copies.values()} == {2 * 2**16}
        for measurement in (*ceiling.products.values(), *ceiling.copies.values()):
            assert len(measurement.seconds) == 3


def test_what_a_framework_has_not_is_told(ceilings: dict[str, Ceiling]) -> None:
    reasons = ceilings["tf32"].reasons
    assert "PyTorch 2.13.0" in reasons["pytorch"]
    assert "TensorFlow 2.21.0" in reasons["tensorflow"]
    assert "JAX 0.10.2" in reasons["jax"]
    assert "MXNet 1.9.1" in reasons["mxnet"]
    assert all("'tf32'" in reason for reason in reasons.values())
    assert "'bf16'" in ceilings["bf16"].reasons["mxnet"]


@pytest.mark.parametrize(
    ("name", "precision"),
    [
        *((name, "ieee") for name in FRAMEWORKS),
        ("pytorch", "bf16"),
        ("tensorflow", "bf16"),
        ("jax", "bf16"),
    ],
)
def test_the_operations_are_really_done(name: str, precision: str, run_program: RunProgram) -> None:
    framework = discover()[name]
    job = CeilingsJob(name, str(framework.folder), Execution("eager", precision, "cpu", 1), TINY)
    variables = build_default_variables(framework, "cpu", precision, 1)
    finished = run_program(name, PROGRAM, variables=variables, text=json.dumps(asdict(job)))
    found = json.loads(finished.stdout)
    assert found["error"] < TOLERANCES[precision]
    assert found["shape"] == [64, 64]
    # Random values, or a GPU would draw less power than training does.
    assert found["distinct"] > 64
    assert found["values"] == 2**16 // 4
    assert found["copied"]
    assert found["varied"]
