from dataclasses import dataclass, replace

import numpy as np
import pytest

from bench.errors import WeightsError
from bench.models import MODELS
from bench.models.alexnet import AlexNet
from bench.models.lenet import LeNet
from bench.spec import (
    Param,
    Samples,
    arrays_of,
    check_parameters,
    dropout_of,
    parameter_count,
    without_dropout,
)


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


COLOUR, IMAGENET = Samples((3, 32, 32), 10), Samples((3, 224, 224), 1000)


@pytest.mark.parametrize(
    ("name", "samples", "count"),
    [
        # torchvision's documentation of its weights.
        ("alexnet", IMAGENET, 61_100_840),
        ("resnet18", IMAGENET, 11_689_512),
        ("resnet34", IMAGENET, 21_797_672),
        ("resnet50", IMAGENET, 25_557_032),
        # He et al. 2015, table 6: 0.27, 0.46 and 0.85 million.
        ("resnet20", COLOUR, 269_722),
        ("resnet32", COLOUR, 464_154),
        ("resnet56", COLOUR, 853_018),
        # 4 * 128 * (28 + 128 + 1) + 128 * 10 + 10.
        ("lstm", Samples((1, 28, 28), 10), 81_674),
        # 1502 * 128 + 2 * 4 * 128 * (128 + 128 + 1) + 128 * 77 + 77.
        ("lstm-2", Samples((32,), 77, 1502), 465_357),
    ],
)
def test_models_have_the_textbook_number_of_parameters(
    name: str, samples: Samples, count: int
) -> None:
    assert parameter_count(MODELS[name].build(samples)) == count


def test_every_name_is_once_in_a_manifest() -> None:
    for name, samples in (("resnet50", IMAGENET), ("alexnet-lrn", COLOUR), ("resnet56", COLOUR)):
        names = [param.name for param in arrays_of(MODELS[name].build(samples))]
        assert len(set(names)) == len(names)


def test_running_statistics_know_their_feature_maps() -> None:
    spec = MODELS["resnet50"].build(IMAGENET)
    positions = {param.name: param.positions for param in spec.statistics()}
    assert positions["bn1.running_var"] == 112**2
    assert positions["stages.0.0.bn1.running_var"] == 56**2
    # The stride is in the 3x3 convolution: the 1x1 one before still sees the larger map.
    assert positions["stages.1.0.bn1.running_var"] == 56**2
    assert positions["stages.1.0.bn2.running_var"] == 28**2
    assert positions["stages.1.0.projection_bn.running_var"] == 28**2
    assert positions["stages.3.2.bn3.running_mean"] == 7**2


def test_weight_decay_reaches_kernels_only() -> None:
    params = MODELS["resnet20"].build(COLOUR).parameters()
    assert {param.kind for param in params if param.decays} == {
        "convolution kernel",
        "dense kernel",
    }
    params = MODELS["lstm"].build(Samples((32,), 77, 100)).parameters()
    assert [param.name for param in params if param.decays] == [
        "lstm1.input_weight",
        "lstm1.recurrent_weight",
        "dense.weight",
    ]


@pytest.mark.parametrize(
    ("name", "samples", "words"),
    [
        ("alexnet", Samples((3, 28, 28), 10), "224x224 or 32x32"),
        ("resnet20", IMAGENET, "32x32"),
        ("resnet18", Samples((3, 64, 64), 10), "32x32 or 224x224"),
        ("lstm", COLOUR, "one channel"),
    ],
)
def test_models_refuse_samples_that_they_cannot_take(
    name: str, samples: Samples, words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        MODELS[name].build(samples)


def test_dropout_is_taken_out_and_nothing_else() -> None:
    spec = AlexNet.of_2014(COLOUR)
    assert without_dropout(spec) == replace(spec, dropout=0.0)
    lstm = MODELS["lstm"].build(Samples((1, 28, 28), 10))
    assert without_dropout(lstm) is lstm


@dataclass(frozen=True)
class TwoRates(LeNet):
    input_dropout: float = 0.1
    dropout: float = 0.5
    dropout_seed: int = 3


def test_every_rate_of_dropout_is_taken_out_and_the_largest_recorded() -> None:
    spec = TwoRates((1, 28, 28), 10, "relu", "max")
    assert dropout_of(spec) == 0.5
    assert dropout_of(replace(spec, dropout=0.0)) == 0.1
    assert without_dropout(spec) == replace(spec, input_dropout=0.0, dropout=0.0)
    assert dropout_of(without_dropout(spec)) == 0
