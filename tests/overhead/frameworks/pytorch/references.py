"""Models that PyTorch's own layers make, one after the other, as its tutorials write them.

PyTorch's package holds no models (torchvision is another one): these are plain stacks of its
layers, with the sizes of AlexNet in torchvision and of LeNet in PyTorch's tutorials.
"""

from collections.abc import Callable

import torch
from torch import nn

from bench.spec import ModelSpec


class LastStep(nn.Module):
    """Of an LSTM's outputs, (N, steps, units)."""

    def forward(self, outputs: tuple[torch.Tensor, object]) -> torch.Tensor:
        return outputs[0][:, -1]


def lenet(spec: ModelSpec) -> nn.Module:
    """Of 28x28 or 32x32."""
    padding = 2 if spec.input_shape[1] == 28 else 0
    return nn.Sequential(
        *(nn.Conv2d(spec.input_shape[0], 6, 5, padding=padding), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten()),
        *(nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU()),
        nn.Linear(84, spec.classes),
    )


def alexnet(spec: ModelSpec) -> nn.Module:
    """Of 224x224, as `torchvision.models.alexnet` without its adaptive pooling, which is void."""
    return nn.Sequential(
        *(nn.Conv2d(3, 64, 11, 4, 2), nn.ReLU(inplace=True), nn.MaxPool2d(3, 2)),
        *(nn.Conv2d(64, 192, 5, padding=2), nn.ReLU(inplace=True), nn.MaxPool2d(3, 2)),
        *(nn.Conv2d(192, 384, 3, padding=1), nn.ReLU(inplace=True)),
        *(nn.Conv2d(384, 256, 3, padding=1), nn.ReLU(inplace=True)),
        *(nn.Conv2d(256, 256, 3, padding=1), nn.ReLU(inplace=True), nn.MaxPool2d(3, 2)),
        *(nn.Flatten(), nn.Dropout(0.5), nn.Linear(9216, 4096), nn.ReLU(inplace=True)),
        *(nn.Dropout(0.5), nn.Linear(4096, 4096), nn.ReLU(inplace=True)),
        nn.Linear(4096, spec.classes),
    )


def lstm(spec: ModelSpec) -> nn.Module:
    """Over the rows of an image of 28x28, (N, 1, 28, 28)."""
    columns = spec.input_shape[2]
    return nn.Sequential(
        *(nn.Flatten(1, 2), nn.LSTM(columns, 128, batch_first=True), LastStep()),
        nn.Linear(128, spec.classes),
    )


MODELS: dict[str, Callable[[ModelSpec], nn.Module]] = {
    "lenet": lenet,
    "alexnet": alexnet,
    "lstm": lstm,
}
