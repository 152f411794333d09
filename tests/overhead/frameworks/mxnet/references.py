"""Models of `mxnet.gluon.model_zoo`, and plain stacks of Gluon's layers."""

from collections.abc import Callable
from functools import partial
from typing import Any

from mxnet import gluon
from mxnet.gluon import HybridBlock, nn, rnn
from mxnet.gluon.model_zoo import vision
from mxnet.ndarray import NDArray

from bench.spec import ModelSpec


class LSTM(HybridBlock):
    """Over the rows of an image, (N, 1, rows, columns)."""

    def __init__(self, columns: int, classes: int) -> None:
        super().__init__()
        self.lstm = rnn.LSTM(128, input_size=columns, layout="NTC")
        self.dense = nn.Dense(classes, in_units=128)

    def hybrid_forward(self, F: Any, images: NDArray) -> NDArray:  # noqa: N803 (Gluon's own name)
        outputs = self.lstm(F.squeeze(images, axis=1))
        # Not F.SequenceLast: its gradient corrupts memory in MXNet 1.9.1 (docs/findings.md).
        return self.dense(F.squeeze(F.slice_axis(outputs, axis=1, begin=-1, end=None), axis=1))


def published(name: str, spec: ModelSpec) -> gluon.HybridBlock:
    """A model of the zoo, with random weights."""
    return _initialized(vision.get_model(name, classes=spec.classes))


def lenet(spec: ModelSpec) -> gluon.HybridBlock:
    """As the LeNet of MXNet's own examples, with the sizes of 1998."""
    padding = 2 if spec.input_shape[1] == 28 else 0
    model = nn.HybridSequential()
    model.add(
        *(nn.Conv2D(6, 5, padding=padding, activation="relu"), nn.MaxPool2D(2, 2)),
        *(nn.Conv2D(16, 5, activation="relu"), nn.MaxPool2D(2, 2), nn.Flatten()),
        *(nn.Dense(120, activation="relu"), nn.Dense(84, activation="relu")),
        nn.Dense(spec.classes),
    )
    return _initialized(model)


def lstm(spec: ModelSpec) -> gluon.HybridBlock:
    """Over the rows of an image of 28x28."""
    return _initialized(LSTM(spec.input_shape[2], spec.classes))


def _initialized(model: gluon.HybridBlock) -> gluon.HybridBlock:
    model.initialize()
    return model


MODELS: dict[str, Callable[[ModelSpec], gluon.HybridBlock]] = {
    "lenet": lenet,
    "alexnet": partial(published, "alexnet"),
    "resnet18": partial(published, "resnet18_v1"),
    "resnet34": partial(published, "resnet34_v1"),
    "resnet50": partial(published, "resnet50_v1"),
    "lstm": lstm,
}
