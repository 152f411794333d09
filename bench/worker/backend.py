"""The contract between the training loop and a framework's implementation."""

import importlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol, cast

import numpy as np

import impls
from bench.errors import WorkerError
from bench.job import Execution
from bench.spec import ModelSpec, Optimizer


class Backend(Protocol):
    """What `impls/<framework>/backend.py` offers as its class `Backend`.

    Sums cross the contract, never means: frameworks differ in what they divide
    by. Arrays that cross it are float32 images in the layout that
    framework.toml names, and int64 labels. Where a trained mean is needed, the
    gradient is that of the mean loss of the batch.
    """

    version: str
    """The framework's version."""

    def __init__(self, spec: ModelSpec, optimizer: Optimizer, execution: Execution) -> None:
        """Build the model and its optimizer on the device."""

    def load(self, weights: Mapping[str, np.ndarray]) -> None:
        """Set every parameter from its canonical array; raises WeightsError for a misfit."""

    def step(self, images: np.ndarray, labels: np.ndarray) -> Any:
        """Take one training step; may return before the device is done.

        Returns a handle on the summed loss of the batch before the update.
        """

    def losses(self, handles: Sequence[Any]) -> list[float]:
        """The numbers behind the handles of `step`; may wait for the device."""

    def evaluate(self, images: np.ndarray, labels: np.ndarray) -> tuple[float, int]:
        """(summed loss, number of correct predictions), without training."""

    def export(self) -> dict[str, np.ndarray]:
        """Every parameter as its canonical array."""

    def synchronize(self) -> None:
        """Return once the device has done all that it was given."""

    def memory(self) -> dict[str, int]:
        """Bytes by the framework's allocator: allocator_peak_bytes, allocator_reserved_bytes.

        What the framework cannot tell is absent.
        """


def import_backend(framework: str, implementation: str) -> type[Backend]:
    """The class `Backend` of the implementation in a folder, which may lie outside this project.

    Raises:
        WorkerError: the folder has no such class.
    """
    # Whatever the folder, its package is impls.<framework>: its own imports are
    # relative, and a folder named like its framework cannot shadow it.
    impls.__path__.insert(0, str(Path(implementation).parent))
    module = importlib.import_module(f"impls.{framework}.backend")
    if not hasattr(module, "Backend"):
        raise WorkerError(
            f"{implementation}/backend.py has no class 'Backend'; write one that follows the "
            "contract in bench/worker/backend.py."
        )
    return cast(type[Backend], module.Backend)
