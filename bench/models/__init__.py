"""The models by name: each name is one setting of one family's spec. Standard library only."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from bench.models.alexnet import AlexNet, ResponseNormalization
from bench.models.lenet import LeNet
from bench.models.lstm import LSTM
from bench.models.resnet import ResNet
from bench.spec import ModelSpec, Samples


@dataclass(frozen=True)
class Model:
    """A named setting of a model family.

    Attributes:
        name: what plans, records and reports call it; stable, for dashboards keep it.
        family: the file that implements it in each framework.
        title: what reports call it.
        summary: one line for people.
        build: samples -> spec; raises ValueError for samples it cannot take.
        folder: of a model from outside, where its spec and implementations are; None of our own.
    """

    name: str
    family: str
    title: str
    summary: str
    build: Callable[[Samples], ModelSpec]
    folder: Path | None = None


def _resnet(depth: int, summary: str) -> Model:
    build = partial(ResNet.of_depth, depth)
    return Model(f"resnet{depth}", ResNet.family, f"ResNet-{depth}", summary, build)


MODELS: dict[str, Model] = {
    model.name: model
    for model in (
        Model(
            "lenet",
            LeNet.family,
            "LeNet",
            "LeNet-5 in its common modern form: ReLU, max pooling",
            LeNet.modern,
        ),
        Model(
            "lenet-1998",
            LeNet.family,
            "LeNet (1998)",
            "LeNet-5 in its 1998 form: tanh, average pooling",
            LeNet.classic,
        ),
        Model(
            "alexnet",
            AlexNet.family,
            "AlexNet",
            "AlexNet in its single-column form of 2014, for 224x224 or 32x32",
            AlexNet.of_2014,
        ),
        Model(
            "alexnet-lrn",
            AlexNet.family,
            "AlexNet (LRN)",
            "AlexNet with the local response normalization of 2012",
            partial(AlexNet.of_2014, normalization=ResponseNormalization()),
        ),
        Model(
            "alexnet-quarter",
            AlexNet.family,
            "AlexNet (a quarter of the width)",
            "AlexNet, every hidden layer a quarter as wide",
            partial(AlexNet.of_2014, divisor=4),
        ),
        Model(
            "alexnet-lrn-quarter",
            AlexNet.family,
            "AlexNet (LRN, a quarter of the width)",
            "AlexNet with local response normalization, every hidden layer a quarter as wide",
            partial(AlexNet.of_2014, divisor=4, normalization=ResponseNormalization()),
        ),
        _resnet(20, "ResNet-20 for small images: 3 stages of 3 basic blocks"),
        _resnet(32, "ResNet-32 for small images: 3 stages of 5 basic blocks"),
        _resnet(56, "ResNet-56 for small images: 3 stages of 9 basic blocks"),
        Model(
            "resnet20-half",
            ResNet.family,
            "ResNet-20 (half the width)",
            "ResNet-20, every layer half as wide",
            partial(ResNet.of_depth, 20, divisor=2),
        ),
        _resnet(18, "ResNet-18: 4 stages of 2 basic blocks, for 224x224 or 32x32"),
        _resnet(34, "ResNet-34: 4 stages of basic blocks, for 224x224 or 32x32"),
        _resnet(50, "ResNet-50 v1.5: 4 stages of bottleneck blocks, for 224x224 or 32x32"),
        Model(
            "lstm",
            LSTM.family,
            "LSTM",
            "one layer of 128 units, over the rows of an image or the words of a text",
            LSTM.with_layers,
        ),
        Model(
            "lstm-2",
            LSTM.family,
            "LSTM (2 layers)",
            "two layers of 128 units, over the rows of an image or the words of a text",
            partial(LSTM.with_layers, layers=2),
        ),
    )
}
