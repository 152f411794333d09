"""Models that are small enough for tests, in every family and setting, and what they are fed."""

import importlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from bench.job import Execution
from bench.models.alexnet import AlexNet, ResponseNormalization
from bench.models.lenet import LeNet
from bench.models.lstm import LSTM
from bench.models.resnet import ResNet
from bench.optimizer import Optimizer
from bench.spec import Param, Samples, arrays_of, without_dropout
from bench.worker.backend import import_backend

FOLDER = Path(__file__).parent / "numpy"
EXECUTION = Execution(mode="eager", precision="float64", device="cpu", threads=1)
SGD = Optimizer("sgd", learning_rate=0.1, momentum=0.9)

Array = np.ndarray[Any, Any]
Spec = LeNet | AlexNet | ResNet | LSTM

Backend: Any = import_backend("numpy", str(FOLDER))
Deviations: Any = importlib.import_module("impls.numpy.deviations").Deviations

DIGITS = Samples((1, 28, 28), 10)
COLOURS = Samples((3, 32, 32), 10)
CASES: dict[str, Spec] = {
    "lenet": LeNet.modern(DIGITS),
    "lenet-1998": LeNet.classic(replace(DIGITS, shape=(1, 32, 32))),
    "alexnet-quarter": without_dropout(AlexNet.of_2014(COLOURS, divisor=4)),
    "alexnet-lrn": AlexNet(
        # As narrow, the windows over five channels overlap the first and the last one.
        (3, 32, 32),
        5,
        (6, 8, 7, 6, 5),
        (9, 8),
        0.0,
        # Strong enough to matter; with the paper's numbers an error would hardly show.
        ResponseNormalization(size=5, alpha=0.5, beta=0.75, k=2.0),
    ),
    "alexnet-224": AlexNet((1, 224, 224), 4, (2, 3, 2, 3, 2), (6, 5), 0.0),
    "resnet20-half": ResNet.of_depth(20, COLOURS, divisor=2),
    "resnet-padding": ResNet((2, 32, 32), 5, "basic", (1, 1), (3, 6), "padding"),
    "resnet-basic": ResNet((2, 32, 32), 5, "basic", (1, 1), (4, 6), "projection"),
    "resnet-bottleneck": ResNet((2, 32, 32), 5, "bottleneck", (1, 1), (2, 3), "projection"),
    "resnet-224": ResNet((1, 224, 224), 4, "basic", (1, 1), (2, 3), "projection"),
    "lstm-rows": LSTM.with_layers(DIGITS),
    "lstm-2-text": LSTM((12,), 4, vocabulary=20, embedding=6, units=5, layers=2),
}
SAMPLES = {"alexnet-224": 1, "resnet-224": 1}  # of a batch; 3 of all others


@dataclass(frozen=True)
class Case:
    """A model with random arrays and one batch."""

    spec: Spec
    arrays: dict[str, Array]
    inputs: Array
    labels: Array

    def backend(
        self, optimizer: Optimizer = SGD, deviations: Any = None, unbiased_variance: bool = False
    ) -> Any:
        """The NumPy framework, loaded."""
        attributes = {
            "deviations": deviations or Deviations(),
            "unbiased_variance": unbiased_variance,
        }
        backend: Any = type("Backend", (Backend,), attributes)(self.spec, optimizer, EXECUTION)
        backend.load(self.arrays)
        return backend


def case(name: str) -> Case:
    """The same at every call."""
    random = np.random.default_rng(list(CASES).index(name))
    spec, samples = CASES[name], SAMPLES.get(name, 3)
    arrays = {param.name: drawn(param, random) for param in arrays_of(spec)}
    if isinstance(spec, LSTM) and spec.vocabulary:
        inputs: Array = random.integers(spec.vocabulary, size=(samples, spec.steps), dtype=np.int32)
    else:
        # Noise: no ties in a pooling window.
        inputs = random.normal(size=(samples, *spec.input_shape))
    return Case(spec, arrays, inputs, random.integers(spec.classes, size=samples))


def drawn(param: Param, random: np.random.Generator) -> Array:
    """Values that are nowhere what an initializer gives: no bias is 0, no scale 1."""
    if param.kind == "running variance":
        return random.uniform(0.5, 2, param.shape)
    if param.kind == "scale":
        return random.normal(1, 0.3, param.shape)
    if len(param.shape) == 1:
        return random.normal(0, 0.3, param.shape)
    return random.normal(0, 1.4 / param.fans[0] ** 0.5, param.shape)


def indices(array: Array, random: np.random.Generator, count: int) -> list[tuple[int, ...]]:
    """Up to `count` different positions in `array`."""
    chosen = random.choice(array.size, size=min(count, array.size), replace=False)
    return [tuple(int(i) for i in np.unravel_index(flat, array.shape)) for flat in chosen]


def relative_error(found: Array, expected: Array) -> float:
    """In the Euclidean norm."""
    size = float(np.linalg.norm(expected))
    return float(np.linalg.norm(found - expected)) / max(size, 1e-30)
