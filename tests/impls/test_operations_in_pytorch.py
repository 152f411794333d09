"""The counts of `bench.records.operations` against PyTorch's own, in a real step of our models."""

import json
import subprocess
from typing import Any

import pytest

from bench.errors import UnavailableError
from bench.host.environments.preparation import prepare_environment
from bench.host.frameworks.framework import discover
from bench.host.frameworks.setup import build_worker_environment
from bench.models import MODELS
from bench.optimizer import Optimizer
from bench.records.operations import count_step_cost
from bench.spec import ModelSpec, Samples
from tests.conftest import unavailable

BATCH_SIZE = 2
DIGITS, COLOUR = Samples((1, 28, 28), 10), Samples((3, 32, 32), 10)
IMAGENET, WORDS = Samples((3, 224, 224), 1000), Samples((12,), 5, vocabulary=20)
CASES = {
    "lenet": DIGITS,
    "lenet-1998": COLOUR,
    "alexnet": IMAGENET,
    "alexnet-lrn-quarter": COLOUR,
    "resnet18": IMAGENET,
    "resnet20": COLOUR,
    "resnet50": COLOUR,
    "lstm": DIGITS,
    "lstm-2": WORDS,
}
# In float64: nn.LSTM's float32 kernel on a CPU is one fused operation, which the counter does not
# know; in float64 it is made of the matrix products of its cells.
PROGRAM = """
import json, sys
import torch
from torch.utils.flop_counter import FlopCounterMode
from bench.job import Execution
from bench.models import MODELS
from bench.optimizer import Optimizer
from bench.spec import Samples
from bench.worker.backend import import_backend

folder, batch_size, cases = json.loads(sys.argv[1])
backend_class = import_backend("pytorch", folder)
found = {}
for name, samples in cases.items():
    samples = Samples(**{**samples, "shape": tuple(samples["shape"])})
    spec = MODELS[name].build(samples)
    execution = Execution("eager", "float64", "cpu", 1)
    backend = backend_class(spec, Optimizer("sgd", 0.1), execution)
    if samples.vocabulary:
        inputs = torch.randint(samples.vocabulary, (batch_size, *samples.shape))
    else:
        inputs = torch.rand(batch_size, *samples.shape, dtype=torch.float64)
    labels = torch.randint(samples.classes, (batch_size,))
    weights = {one.untyped_storage().data_ptr() for one in backend.model.parameters()}
    kept = {}

    def pack(tensor):
        storage = tensor.untyped_storage()
        if tensor.is_floating_point() and storage.data_ptr() not in weights:
            kept[storage.data_ptr()] = storage.nbytes() // tensor.element_size()
        return tensor

    with FlopCounterMode(display=False) as counter:
        with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
            loss = backend.criterion(backend.model(inputs), labels)
        forward = counter.get_total_flops()
        loss.backward()
        step = counter.get_total_flops()
    found[name] = {"forward": forward, "step": step, "kept": sum(kept.values())}
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def counted() -> dict[str, dict[str, int]]:
    """By model: operations of the forward pass and of the step, values kept for the backward."""
    framework = discover()["pytorch"]
    try:
        environment = prepare_environment(framework, "cpu", {}, print)
    except UnavailableError as error:
        unavailable(str(error))
    cases = {name: vars(samples) for name, samples in CASES.items()}
    arguments = json.dumps([str(framework.folder), BATCH_SIZE, cases])
    finished = subprocess.run(
        [str(environment.python), "-P", "-c", PROGRAM, arguments],
        env=build_worker_environment({"OMP_NUM_THREADS": "1"}, "cpu"),
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    found: dict[str, dict[str, int]] = json.loads(finished.stdout)
    return found


def gradient_of_the_first_hidden_state(spec: Any) -> int:
    """Operations that PyTorch's cells save and fused kernels do not: it is a constant there."""
    if spec.family != "lstm":
        return 0
    units: int = spec.units
    layers: int = spec.layers
    return 2 * layers * 4 * units * units


def spec_of(name: str) -> ModelSpec:
    return MODELS[name].build(CASES[name])


@pytest.mark.parametrize("name", list(CASES))
def test_operations_are_those_that_pytorch_counts(
    name: str, counted: dict[str, dict[str, int]]
) -> None:
    spec = spec_of(name)
    forward = 2 * sum(layer.multiply_adds for layer in spec.forward_layers())
    step = count_step_cost(spec, Optimizer("sgd", 0.1), BATCH_SIZE, "float64").operations
    saved = BATCH_SIZE * gradient_of_the_first_hidden_state(spec)
    assert counted[name]["forward"] == BATCH_SIZE * forward
    assert counted[name]["step"] + saved == step


@pytest.mark.parametrize("name", list(CASES))
def test_pytorch_keeps_no_fewer_values_than_are_counted(
    name: str, counted: dict[str, dict[str, int]]
) -> None:
    spec = spec_of(name)
    layers = sum(layer.outputs + layer.kept for layer in spec.forward_layers())
    assert BATCH_SIZE * layers <= counted[name]["kept"]
