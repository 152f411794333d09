import numpy as np
import pytest

from bench.errors import WeightsError
from bench.models import MODELS
from bench.models.lenet import LeNet
from bench.spec import Param, Samples, check_parameters, parameter_count


@pytest.mark.parametrize("name", ["lenet", "lenet-1998"])
@pytest.mark.parametrize("side", [28, 32])
def test_lenet_has_the_textbook_number_of_parameters(name: str, side: int) -> None:
    # 6*25+6, 16*6*25+16, 400*120+120, 120*84+84, 84*10+10: the usual 61,706.
    assert parameter_count(MODELS[name].build(Samples((1, side, side), 10))) == 61_706


def test_lenet_manifest_is_in_layer_order() -> None:
    spec = LeNet.modern(Samples((3, 32, 32), 7))
    assert [(param.name, param.shape) for param in spec.parameters()] == [
        ("conv1.weight", (6, 3, 5, 5)),
        ("conv1.bias", (6,)),
        ("conv2.weight", (16, 6, 5, 5)),
        ("conv2.bias", (16,)),
        ("dense1.weight", (120, 400)),
        ("dense1.bias", (120,)),
        ("dense2.weight", (84, 120)),
        ("dense2.bias", (84,)),
        ("dense3.weight", (7, 84)),
        ("dense3.bias", (7,)),
    ]
    assert spec.parameters()[4].flattened == (16, 5, 5)


def test_the_two_forms_differ_in_activation_and_pooling() -> None:
    modern, classic = (
        LeNet.modern(Samples((1, 28, 28), 10)),
        LeNet.classic(Samples((1, 32, 32), 10)),
    )
    assert (modern.activation, modern.pooling, modern.padding) == ("relu", "max", 2)
    assert (classic.activation, classic.pooling, classic.padding) == ("tanh", "average", 0)


@pytest.mark.parametrize("shape", [(1, 8, 8), (28, 28), (1, 28, 32), (3, 224, 224)])
def test_lenet_refuses_other_images(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="28x28 or 32x32"):
        LeNet.modern(Samples(shape, 10))


def test_fans_are_those_of_glorot_and_bengio() -> None:
    assert Param("c", (16, 6, 5, 5), "convolution kernel", "glorot uniform").fans == (150, 400)
    assert Param("d", (84, 120), "dense kernel", "glorot uniform").fans == (120, 84)


MANIFEST = LeNet.modern(Samples((1, 28, 28), 10)).parameters()
SHAPES = {param.name: param.shape for param in MANIFEST}


def arrays(shapes: dict[str, tuple[int, ...]]) -> dict[str, np.ndarray]:
    return {name: np.empty(shape) for name, shape in shapes.items()}


def test_parameters_that_fit_pass() -> None:
    check_parameters(MANIFEST, arrays(SHAPES), "a test")


@pytest.mark.parametrize(
    ("shapes", "words"),
    [
        ({**SHAPES, "conv1.bias": (7,)}, ["conv1.bias", "(7,)", "(6,)"]),
        ({**SHAPES, "conv3.bias": (7,)}, ["conv3.bias", "not in the manifest"]),
        ({k: v for k, v in SHAPES.items() if k != "conv1.bias"}, ["conv1.bias is missing"]),
    ],
    ids=["misshaped", "extra", "missing"],
)
def test_a_misfit_names_both_sides(shapes: dict[str, tuple[int, ...]], words: list[str]) -> None:
    with pytest.raises(WeightsError) as caught:
        check_parameters(MANIFEST, arrays(shapes), "a test")
    for word in ["a test", *words]:
        assert word in str(caught.value)
