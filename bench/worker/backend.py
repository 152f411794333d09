"""The contract between the training loop and a framework's implementation."""

import importlib
import importlib.util
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any, Protocol, cast, runtime_checkable

import numpy as np

import impls
from bench.errors import WorkerError
from bench.job import Execution
from bench.models import Model, find_model_class
from bench.models.outside import implementation_of, load_file
from bench.optimizer import Optimizer
from bench.spec import ModelSpec


class Backend(Protocol):
    """The class `Backend` of `impls/<framework>/backend.py`.

    Sums cross the contract, never means: frameworks differ in what they divide by. Inputs are
    images in the layout that framework.toml names, of the execution's precision, or int32 tokens
    of texts; labels are int64. Training follows the gradient of the mean loss of the batch.
    """

    version: str
    """The framework's version."""

    def __init__(self, spec: ModelSpec, optimizer: Optimizer, execution: Execution) -> None:
        """Build the model and its optimizer on the device."""

    def load(self, weights: Mapping[str, np.ndarray]) -> None:
        """Set every parameter and running statistic from its canonical array.

        Forget what the optimizer has gathered. The arrays may be of another precision than the
        model.

        Raises:
            WeightsError: they do not fit the manifest.
        """

    def set_learning_rate(self, learning_rate: float) -> None:
        """Set the rate from the next step on, by the rule in `bench.optimizer.Optimizer`.

        This is called between epochs. A framework whose momentum buffer holds the learning rate
        rescales it (momentum correction, Goyal et al. 2017, section 2.1).
        """

    def step(self, inputs: np.ndarray, labels: np.ndarray) -> Any:
        """Take one training step; may return before the device is done.

        Return a handle on the summed loss of the batch before the update.
        """

    def losses(self, handles: Sequence[Any]) -> list[float]:
        """Return the numbers behind the handles of `step`; may wait for the device."""

    def evaluate(self, inputs: np.ndarray, labels: np.ndarray) -> tuple[float, int]:
        """Return summed loss and number of correct predictions, without training."""

    def synchronize(self) -> None:
        """Return once the device has done all that it was given."""

    def mark(self) -> Any:
        """Put a mark into the device's queue of work; None without a clock on the device."""

    def seconds_between(self, first: Any, last: Any) -> float:
        """Return the seconds by the device's clock between two marks that it has passed.

        A backend without marks may leave it out.
        """

    def memory(self) -> dict[str, int]:
        """Return bytes by the framework's own allocator of the device.

        `allocator_bytes` (in use now), `allocator_peak_bytes` and `allocator_reserved_bytes`
        (most that it ever took from the device). A number that it cannot tell is absent.
        """

    def absent(self) -> dict[str, str]:
        """Explain, in a sentence by name, why one of these or `device_seconds` is not known."""


@runtime_checkable
class LoadingBackend(Protocol):
    """The further methods for trials with `input = "native"`."""

    def loader(
        self, inputs: np.ndarray, labels: np.ndarray, order: np.ndarray
    ) -> Iterator[tuple[Any, Any]]:
        """Load batches by the framework's own means, in the rows of `order`: (steps, batch)."""

    def step_loaded(self, inputs: Any, labels: Any) -> Any:
        """Take a step as `step` does, on a batch of the loader's."""


@runtime_checkable
class PlacingBackend(Protocol):
    """The further methods for trials with `input = "device"`."""

    def place(self, inputs: np.ndarray, labels: np.ndarray) -> tuple[Any, Any]:
        """Put a batch where the model computes; may return before it is there.

        `synchronize` waits for it. The arrays may be overwritten once the steps on it are done.
        """

    def step_loaded(self, inputs: Any, labels: Any) -> Any:
        """Take a step as `step` does, on a batch that `place` returned."""


@runtime_checkable
class ReusableBackend(Protocol):
    """The further method of a backend whose model outlives its optimizer.

    `verify` trains with one optimizer after the other. Without this method, it builds the model
    anew for each, and compiles again what has no optimizer in it.
    """

    def set_optimizer(self, optimizer: Optimizer) -> None:
        """Train by another rule, as after a start with it; `load` follows."""


class VerifiableBackend(Backend, Protocol):
    """The further methods for `verify`, called on a backend that is not timed."""

    def logits(self, inputs: np.ndarray, training: bool) -> np.ndarray:
        """Return (N, classes), in training or evaluation mode; may change running statistics."""

    def gradients(self, inputs: np.ndarray, labels: np.ndarray) -> dict[str, np.ndarray]:
        """Return the mean loss's gradients in canonical form, without weight decay or update."""

    def export(self) -> dict[str, np.ndarray]:
        """Return every parameter and running statistic as its canonical array.

        A running variance is the one with divisor n, whatever the framework keeps.
        """

    def slots(self) -> dict[str, dict[str, np.ndarray]]:
        """Return what the optimizer has gathered, by slot and parameter, in canonical form.

        `sgd` has the slot `velocity`, `adam` has `first moment` and `second moment`.
        """


def import_backend(framework: str, implementation: str) -> type[Backend]:
    """Import the class `Backend` of an implementation, which may lie outside this project.

    Raises:
        WorkerError: the folder has no such class.
    """
    module = import_file(framework, implementation, "backend")
    if not hasattr(module, "Backend"):
        raise WorkerError(
            f"{implementation}/backend.py has no class 'Backend'; write one that follows the "
            "contract in bench/worker/backend.py."
        )
    return cast(type[Backend], module.Backend)


def import_model(framework: str, implementation: str, model: Model, spec: ModelSpec) -> None:
    """Import a model from outside as a family of an implementation, which finds it like its own.

    A backend that has a dictionary `MODELS`, from families to classes, finds it there too.

    Raises:
        ModelError: the model's file cannot be imported.
        WorkerError: the name is taken, or the file has no class that is called as the spec's.
    """
    if model.folder is None:
        return
    backend = import_file(framework, implementation, "backend")
    classes = getattr(backend, "MODELS", None)
    if not isinstance(classes, dict):
        classes = {}
    name = f"impls.{framework}.{model.family}"
    if model.family in classes or importlib.util.find_spec(name):
        raise WorkerError(
            f"{implementation} has something called {model.family!r} already; rename the folder of "
            "the model."
        )
    load_file(name, implementation_of(model.folder, framework))
    classes[model.family] = find_model_class(spec, backend.__name__)


def import_file(framework: str, implementation: str, name: str) -> ModuleType:
    """Import a file of an implementation, which may lie outside this project."""
    # Whatever the folder, its package is impls.<framework>: its own imports are
    # relative, and a folder named like its framework cannot shadow it.
    impls.__path__.insert(0, str(Path(implementation).parent))
    return importlib.import_module(f"impls.{framework}.{name}")
