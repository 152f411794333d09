"""Keeps the quantities of a verification in a folder, or compares with those that lie there."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
# The error of an item that one side does not have.
MISSING = float("inf")


def write_quantities(folder: Path, stage: str, quantities: Mapping[str, Array]) -> None:
    """Write a stage's quantities into a folder."""
    # Positions and not names as keys: a name may be empty, and a zip cannot tell case everywhere.
    arrays = {f"q{index}": value for index, value in enumerate(quantities.values())}
    names = np.array(list(quantities), dtype=np.str_)
    np.savez(_file(folder, stage), names=names, **arrays)  # type: ignore[arg-type]


def compare(
    folder: Path, stage: str, quantities: Mapping[str, Array]
) -> list[tuple[str, float | None]]:
    """Compare with recorded quantities: an error for each item of either side, in their order.

    An error that is no finite number is None.
    """
    with np.load(_file(folder, stage), allow_pickle=False) as archive:
        names = archive["names"].tolist()
        errors = [
            (name, compute_relative_error(quantities[name], archive[f"q{index}"]))
            if name in quantities
            else (name, MISSING)
            for index, name in enumerate(names)
        ]
    errors += [(name, MISSING) for name in quantities if name not in names]
    return [(name, error if np.isfinite(error) else None) for name, error in errors]


def is_recorded(folder: Path, stage: str) -> bool:
    """Tell whether a stage's quantities lie in a folder."""
    return _file(folder, stage).exists()


def compute_relative_error(actual: Array, expected: Array) -> float:
    """Compute the Euclidean norm of the difference over that of the expected array, in float64.

    Where the expected array is zero, any other one is an error of 1.
    """
    if actual.shape != expected.shape:
        return MISSING
    expected = expected.astype(np.float64)
    difference = float(np.linalg.norm(actual.astype(np.float64) - expected))
    norm = float(np.linalg.norm(expected))
    if difference == 0:
        return 0.0
    return difference / norm if norm > 0 else 1.0


def _file(folder: Path, stage: str) -> Path:
    return folder / (re.sub(r"[^a-z0-9]+", "-", stage) + ".npz")
