"""A model from a folder of its own in every framework, and mistakes in its files."""

import shutil
from pathlib import Path

import pytest

from bench.host.frameworks.framework import discover
from bench.host.planning.catalog import OWN
from bench.host.verify.cells import Cell
from bench.host.verify.certification import CellReport, Certification
from bench.host.verify.verifier import Verifier
from bench.models.outside import read_models
from tests.conftest import ROOT
from tests.impls.conftest import Environments, find_environment
from tests.impls.planting import first_difference

VGG, GRU = (ROOT / "tests" / "models" / name for name in ("vgg", "gru"))


@pytest.fixture(autouse=True)
def _own_cache(environments: Environments, cache: Path) -> None:
    """No certificate of these is left to the user."""


def found_in(
    folder: Path,
    name: str,
    verifier: Verifier,
    environments: Environments,
    model_name: str = "vgg-small",
) -> CellReport:
    """What a verification finds of the model in that folder, in a framework's default mode."""
    find_environment(environments, name)
    framework, model = discover()[name], read_models(folder)[model_name]
    dataset = OWN.get_dataset("cifar10" if folder.name == "vgg" else "digits")
    assert framework.has_model(model)
    cell = Cell(framework, model, dataset.name, dataset.samples, framework.default_mode, "cpu")
    certification = Certification(verifier, environments, say=lambda text: None, fresh=True)
    return certification.certify(cell)


def assert_verified(found: CellReport) -> None:
    certificate = found.certificate
    assert certificate.verdict == "verified", certificate.reason
    errors = [one.error for one in certificate.worst if one.precision == "float64"]
    assert all(error is not None and error <= 1e-9 for error in errors)


@pytest.mark.parametrize("name", list(discover()))
def test_it_takes_the_references_steps_in_every_framework(
    name: str, verifier: Verifier, environments: Environments
) -> None:
    assert_verified(found_in(VGG, name, verifier, environments))


@pytest.mark.parametrize("model", ["gru", "gru-2"])
@pytest.mark.parametrize("name", list(discover()))
def test_each_frameworks_own_gru_takes_the_references_steps(
    name: str, model: str, verifier: Verifier, environments: Environments
) -> None:
    assert_verified(found_in(GRU, name, verifier, environments, model))


def edited(
    folder: Path, file: str, old: str, new: str, appended: str = "", model: Path = VGG
) -> Path:
    copy = folder / model.name
    shutil.copytree(model, copy, ignore=shutil.ignore_patterns("__pycache__"))
    text = (copy / file).read_text("utf-8")
    assert old in text
    (copy / file).write_text(text.replace(old, new) + appended, "utf-8")
    return copy


def test_another_pooling_is_different(
    verifier: Verifier, environments: Environments, tmp_path: Path
) -> None:
    folder = edited(tmp_path, "pytorch.py", "nn.MaxPool2d(POOL)", "nn.AvgPool2d(POOL)")
    found = found_in(folder, "pytorch", verifier, environments)
    assert found.certificate.verdict == "different"
    assert first_difference(found) == "logits in evaluation mode"


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("class VGG(", "class Vgg(", "pytorch.py has no class 'VGG'"),
        ("import torch\n", "import torch\nimport nobody_has_this\n", "cannot be imported"),
        (
            "self.dense2 = nn.Linear(spec.units, spec.classes)",
            "self.dense2 = nn.Linear(spec.units, spec.classes, bias=False)",
            "dense2.bias is missing",
        ),
    ],
)
def test_a_file_that_does_not_fit_is_told_in_words(
    old: str,
    new: str,
    words: str,
    verifier: Verifier,
    environments: Environments,
    tmp_path: Path,
) -> None:
    folder = edited(tmp_path, "pytorch.py", old, new)
    certificate = found_in(folder, "pytorch", verifier, environments).certificate
    assert certificate.verdict == "unchecked"
    assert words in str(certificate.reason)


def test_without_a_reference_nothing_is_verified(
    verifier: Verifier, environments: Environments, tmp_path: Path
) -> None:
    folder = edited(tmp_path, "numpy.py", "class VGG(", "class Other(")
    # Of a model of that name the reference may be there already.
    fresh = Verifier(verifier.environments, verifier.threads, tmp_path)
    certificate = found_in(folder, "pytorch", fresh, environments).certificate
    assert certificate.verdict == "unchecked"
    assert "numpy.py has no class 'VGG'" in str(certificate.reason)


@pytest.mark.parametrize("name", list(discover()))
def test_a_misnamed_attribute_is_answered_with_both_sides_names(
    name: str, verifier: Verifier, environments: Environments, tmp_path: Path
) -> None:
    folder = edited(tmp_path, f"{name}.py", "self.dense2", "self.dens2")
    reason = str(found_in(folder, name, verifier, environments).certificate.reason)
    for array in ("weight", "bias"):
        assert f"dense2.{array} is missing" in reason
        assert f"dens2.{array} is not in the manifest" in reason


NAMES = r"""

from bench.weights import Rule

VGG.RULES = (
    Rule(r"dens2\.(weight|kernel)", "dense2.weight"),
    Rule(r"dens2\.bias", "dense2.bias"),
)
"""


@pytest.mark.parametrize("name", list(discover()))
def test_a_models_own_rules_say_what_its_arrays_are_called(
    name: str, verifier: Verifier, environments: Environments, tmp_path: Path
) -> None:
    folder = edited(tmp_path, f"{name}.py", "self.dense2", "self.dens2", NAMES)
    assert_verified(found_in(folder, name, verifier, environments))


EXTRA = """

from bench.weights import Rule

GRU.RULES = (Rule("extra", None),)
"""


@pytest.mark.parametrize(
    ("name", "made"),
    [
        ("pytorch", "nn.Parameter(torch.ones(()))"),
        ("tensorflow", 'self.add_weight(shape=(), initializer="ones")'),
        ("jax", "nnx.Param(jax.numpy.ones(()))"),
    ],
)
def test_an_array_that_the_manifest_has_not_stays_zero(
    name: str, made: str, verifier: Verifier, environments: Environments, tmp_path: Path
) -> None:
    folder = edited(
        tmp_path, f"{name}.py", "self.dense = ", f"self.extra = {made}\n        self.dense = ",
        EXTRA, GRU,
    )  # fmt: skip
    file = folder / f"{name}.py"
    text = file.read_text("utf-8")
    file.write_text(text.replace("  # (N, classes)", " + self.extra  # (N, classes)"), "utf-8")
    assert_verified(found_in(folder, name, verifier, environments, "gru"))
