"""VGG in PyTorch."""

from collections.abc import Iterator

import torch
from bench.models.vgg import KERNEL, PADDING, POOL
from bench.models.vgg import VGG as Spec  # noqa: N811 (a class)
from torch import nn


class VGG(nn.Module):
    """Blocks of 3x3 convolutions with max pooling, then two dense layers; NCHW."""

    def __init__(self, spec: Spec) -> None:
        super().__init__()
        self.blocks = [len(widths) for widths in spec.blocks]
        for name, inputs, outputs in spec.convolutions:
            setattr(self, name, nn.Conv2d(inputs, outputs, KERNEL, padding=PADDING))
        channels, height, width = spec.feature_map
        self.pool = nn.MaxPool2d(POOL)
        self.flatten = nn.Flatten()
        self.dense1 = nn.Linear(channels * height * width, spec.units)
        self.dropout = nn.Dropout(spec.dropout)
        self.dense2 = nn.Linear(spec.units, spec.classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for block in self._convolutions():
            for convolution in block:
                x = torch.relu(convolution(x))
            x = self.pool(x)  # in the end (N, 64, 4, 4)
        x = self.flatten(x)  # (N, 1024) in the order C, H, W
        x = self.dropout(torch.relu(self.dense1(x)))  # (N, 128)
        return self.dense2(x)  # (N, classes)

    def _convolutions(self) -> Iterator[list[nn.Module]]:
        for block, count in enumerate(self.blocks, start=1):
            yield [getattr(self, f"conv{block}_{number}") for number in range(1, count + 1)]
