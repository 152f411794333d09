"""Names for people."""

from collections.abc import Callable

import pytest

from bench.models import MODELS
from bench.optimizer import Change, Optimizer
from bench.records.results import Record
from reports.ranking.comparisons import compare
from reports.text import titles


def test_models_have_their_own_titles() -> None:
    assert titles.describe_model("alexnet-quarter") == "AlexNet (a quarter of the width)"
    assert titles.describe_model("transformer") == "transformer"
    assert {titles.describe_model(name) for name in MODELS} == {
        model.title for model in MODELS.values()
    }
    assert len({titles.describe_model(name) for name in MODELS}) == len(MODELS), (
        "titles tell models apart"
    )


def test_families() -> None:
    assert titles.find_family("resnet20-half") == "resnet"
    assert titles.find_family("transformer") == "transformer"


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("digits", "digits"),
        ("mnist", "MNIST"),
        ("cifar10", "CIFAR-10"),
        ("cifar10-subset", "CIFAR-10 (5,000-image subset)"),
        ("synthetic-224", "synthetic-224"),
    ],
)
def test_data_sets(name: str, title: str) -> None:
    assert titles.describe_dataset(name) == title
    assert titles.is_synthetic(name) == (name == "synthetic-224")


@pytest.mark.parametrize(
    ("optimizer", "words"),
    [
        (
            Optimizer("sgd", 0.05, 0.9),
            "SGD with momentum 0.9, learning rate 0.05, no weight decay",
        ),
        (
            Optimizer("sgd", 0.05, weight_decay=0.0005, changes=(Change(6, 0.005),)),
            "SGD with no momentum, learning rate 0.05, from epoch 7 on 0.005, weight decay 0.0005",
        ),
        (
            Optimizer("adam", 0.001, changes=(Change(1, 0.0005), Change(2, 0.0001))),
            "Adam with beta1 0.9, beta2 0.999 and epsilon 1e-08, learning rate 0.001, from epoch 2 "
            "on 0.0005, from epoch 3 on 0.0001, no weight decay",
        ),
    ],
)
def test_optimizers_in_words(optimizer: Optimizer, words: str) -> None:
    assert titles.describe_optimizer(optimizer) == words


def test_a_framework_and_a_model_from_outside_are_called_as_their_record_calls_them(
    record: Callable[..., Record],
) -> None:
    outside = record(
        "my_torch", model="my-vgg", framework_title="My Torch", model_title="My VGG", repeat=2
    )
    older = record("my_torch", model="my-vgg")
    (comparison,) = compare([outside, older])
    assert comparison.title.startswith("My VGG on digits")
    assert [row.label for row in comparison.rows] == ["My Torch 0.1, eager, default"]
    assert titles.title_framework(older) == "my_torch"
    assert titles.title_framework(record("mxnet")) == "MXNet"
