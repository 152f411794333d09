"""Plants defects in copies of implementations and verifies the copies."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock

from bench.errors import UnavailableError
from bench.host.environments.preparation import Environment
from bench.host.frameworks.framework import Framework, read_framework
from bench.host.planning.catalog import OWN
from bench.host.verify.cells import Cell
from bench.host.verify.certification import CellReport, Certification
from bench.host.verify.verifier import Verifier

DATASETS = {
    "lenet": "digits",
    "lenet-1998": "digits",
    "alexnet-quarter": "cifar10",
    "alexnet-lrn-quarter": "cifar10",
    "resnet20-half": "cifar10",
    "lstm": "mnist",
    "lstm-2": "banking77",
}
THREADS = 1  # the batches are small


@dataclass(frozen=True)
class Edit:
    """A change of an implementation's file."""

    file: str
    old: str
    new: str


@dataclass(frozen=True)
class Defect:
    """A mistake that a user might make.

    Attributes:
        first: name of the first quantity that has to differ, or how it begins.
        words: what the message has to contain.
    """

    name: str
    framework: str
    model: str
    edits: tuple[Edit, ...]
    first: str
    words: str
    mode: str = "eager"


@dataclass(kw_only=True)
class SharingVerifier(Verifier):
    """Records a reference once for all the processes among which tests are divided.

    Attributes:
        references: the folder of these.
    """

    references: Path

    def prepare_reference(self, cell: Cell) -> Path:
        name = self.get_reference_name(cell)
        folder = self.references / name
        with FileLock(f"{folder}.lock"):
            if not folder.exists():
                super().prepare_reference(cell).rename(folder)
            self._folders[name] = folder
        return folder


def copied(framework: Framework, edits: tuple[Edit, ...], folder: Path) -> Framework:
    """An implementation in a folder of its own, with the edits.

    Raises:
        AssertionError: a text is not there exactly once: the edit has to follow the code.
    """
    target = folder / framework.name
    shutil.copytree(framework.folder, target, ignore=shutil.ignore_patterns("__pycache__"))
    for edit in edits:
        text = (target / edit.file).read_text("utf-8")
        assert text.count(edit.old) == 1, f"{edit.file} has {edit.old!r} {text.count(edit.old)}x"
        (target / edit.file).write_text(text.replace(edit.old, edit.new), "utf-8")
    return read_framework(target)


def verified(
    verifier: Verifier,
    environments: Mapping[str, Environment | UnavailableError],
    framework: Framework,
    model: str,
    mode: str,
) -> CellReport:
    """What a verification finds of a framework's implementation of a model."""
    dataset = OWN.get_dataset(DATASETS[model])
    cell = Cell(framework, OWN.models[model], dataset.name, dataset.samples, mode, "cpu")
    certification = Certification(verifier, environments, say=lambda text: None, fresh=True)
    return certification.certify(cell)


def first_difference(finding: CellReport) -> str:
    """The name of the first quantity over its limit."""
    return next(error.quantity for error in finding.errors if error.is_over)
