"""Models from outside: what a folder may hold, and what is said of what it may not."""

import shutil
from pathlib import Path

import pytest

from bench.errors import ModelError
from bench.models import MODELS
from bench.models.outside import find_model, read_models, read_outside_models
from bench.spec import ModelSpec, Samples, arrays_of, parameter_count
from tests.conftest import ROOT

VGG = ROOT / "tests" / "models" / "vgg"
DIGITS = Samples((1, 32, 32), 10)


def changed(folder: Path, old: str, new: str, name: str = "vgg") -> Path:
    """A copy of the model with one text of its spec replaced."""
    copy = folder / name
    shutil.copytree(VGG, copy, ignore=shutil.ignore_patterns("__pycache__"))
    spec = copy / "spec.py"
    assert old in spec.read_text()
    spec.write_text(spec.read_text().replace(old, new))
    return copy


def test_the_manifest_by_hand() -> None:
    spec = read_models(VGG)["vgg-small"].build(DIGITS)
    kernels = 9 * (1 * 16 + 16 * 16 + 16 * 32 + 32 * 32 + 32 * 64 + 64 * 64)
    biases = 2 * (16 + 32 + 64)
    dense = (64 * 4 * 4 + 1) * 128 + (128 + 1) * 10
    assert parameter_count(spec) == kernels + biases + dense == 204_282
    assert [param.name for param in arrays_of(spec)][-4:] == [
        *("dense1.weight", "dense1.bias", "dense2.weight", "dense2.bias"),
    ]


def test_multiplications_of_a_forward_pass_by_hand() -> None:
    spec = read_models(VGG)["vgg-small"].build(DIGITS)
    convolutions = (
        32 * 32 * 9 * (1 * 16 + 16 * 16)
        + 16 * 16 * 9 * (16 * 32 + 32 * 32)
        + 8 * 8 * 9 * (32 * 64 + 64 * 64)
    )
    dense = 1024 * 128 + 128 * 10
    assert sum(layer.multiply_adds for layer in spec.forward_layers()) == convolutions + dense


def test_it_stands_beside_the_projects_own() -> None:
    models = read_outside_models([VGG], MODELS)
    assert list(models) == ["vgg-small"]
    assert models["vgg-small"].folder == VGG
    assert find_model("vgg-small", str(VGG)).title == "VGG (small)"
    assert find_model("lenet", "") is MODELS["lenet"]


def test_samples_that_it_cannot_take_are_its_own_words() -> None:
    with pytest.raises(ValueError, match="VGG takes images of 28x28 or 32x32"):
        read_models(VGG)["vgg-small"].build(Samples((3, 224, 224), 10))


def test_names_that_are_taken_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="there is a model 'vgg-small' already"):
        read_outside_models([VGG, changed(tmp_path, "VGG", "VGG")], MODELS)
    lenet = changed(tmp_path / "other", '"vgg-small"', '"lenet"')
    with pytest.raises(ModelError, match="there is a model 'lenet' already"):
        read_outside_models([lenet], MODELS)


@pytest.mark.parametrize("name", ["lenet", "outside", "my-vgg", "VGG", "2nd"])
def test_a_family_that_cannot_be_is_refused(name: str, tmp_path: Path) -> None:
    copy = changed(tmp_path, '"vgg"', f'"{name}"', name)
    with pytest.raises(ModelError, match=f"a family cannot be called {name!r}"):
        read_models(copy)


def built(folder: Path) -> list[ModelSpec]:
    return [model.build(DIGITS) for model in read_models(folder).values()]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('family: ClassVar[str] = "vgg"', 'family: ClassVar[str] = "vvg"', "expected 'vgg'"),
        ('"vgg-small"', '"VGG small"', "a model cannot be called 'VGG small'"),
        (
            "VGG.small,\n    ),",
            'VGG.small,\n    ),\n    Model("vgg-small", "vgg", "", "", VGG.small),',
            "one name",
        ),
        ("@dataclass(frozen=True)\n", "", "cannot be made (TypeError: VGG() takes no arguments)"),
        ("    units: int = 128", "    units: int = oops", "cannot be imported (NameError"),
        (
            '"dense2", self.units',
            '"dense1", self.units',
            "several arrays called dense1.weight, dense1.bias",
        ),
        ("return tuple(params)", "return ('conv',)", "parameters() that are not all of bench.spec"),
        ("return tuple(params)", "return ()", "has no parameters()"),
        ("_image(samples.shape), samples", "(1, 2, 3), samples", "input_shape and classes"),
        ("samples.classes, ((16", "7, ((16", "input_shape and classes ((1, 32, 32), 7)"),
        ("side //= POOL", "side //= 0", "cannot be made (ZeroDivisionError"),
    ],
)
def test_a_mistake_in_a_spec_is_one_line(old: str, new: str, words: str, tmp_path: Path) -> None:
    folder = changed(tmp_path, old, new)
    with pytest.raises(ModelError) as caught:
        built(folder)
    assert words in str(caught.value)
    assert "spec.py" in str(caught.value)
    assert "\n" not in str(caught.value)
