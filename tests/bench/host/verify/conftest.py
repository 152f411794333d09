"""Cells and findings without a framework."""

from pathlib import Path

import pytest

from bench.host.frameworks.framework import Framework
from bench.host.verify.cells import Cell
from bench.models import MODELS
from bench.spec import Samples


def framework(folder: Path, name: str = "alpha") -> Framework:
    """One whose only source is a file with one line."""
    (folder / name).mkdir(exist_ok=True)
    (folder / name / "backend.py").write_text("version = 1\n")
    return Framework(
        name=name,
        folder=folder / name,
        title=name.capitalize(),
        module=name,
        python=">=3.11",
        layout="NCHW",
        families=("lenet",),
        modes=("eager",),
        default_mode="eager",
        devices={},
    )


def cell(framework: Framework, model: str = "lenet", mode: str = "eager") -> Cell:
    """A cell on small images."""
    return Cell(framework, MODELS[model], "digits", Samples((1, 32, 32), 10), mode, "cpu")


@pytest.fixture
def alpha(tmp_path: Path) -> Cell:
    """LeNet in a framework called Alpha."""
    return cell(framework(tmp_path))
