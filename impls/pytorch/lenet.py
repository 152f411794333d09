"""LeNet-5 in PyTorch."""

import torch
from torch import nn

from bench.models.lenet import KERNEL
from bench.models.lenet import LeNet as Spec

ACTIVATIONS = {"relu": nn.ReLU, "tanh": nn.Tanh}
POOLINGS = {"max": nn.MaxPool2d, "average": nn.AvgPool2d}


class LeNet(nn.Module):
    """Two convolutions with pooling, then three dense layers; NCHW."""

    def __init__(self, spec: Spec) -> None:
        super().__init__()
        inputs, (first, second) = spec.input_shape[0], spec.channels
        channels, height, width = spec.feature_map
        self.conv1 = nn.Conv2d(inputs, first, KERNEL, padding=spec.padding)
        self.conv2 = nn.Conv2d(first, second, KERNEL)
        self.pool = POOLINGS[spec.pooling](kernel_size=2, stride=2)
        self.activation = ACTIVATIONS[spec.activation]()
        self.flatten = nn.Flatten()
        self.dense1 = nn.Linear(channels * height * width, spec.units[0])
        self.dense2 = nn.Linear(spec.units[0], spec.units[1])
        self.dense3 = nn.Linear(spec.units[1], spec.classes)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        x = self.pool(self.activation(self.conv1(images)))  # (N, 6, 14, 14)
        x = self.pool(self.activation(self.conv2(x)))  # (N, 16, 5, 5)
        x = self.flatten(x)  # (N, 400) in the order C, H, W
        x = self.activation(self.dense1(x))  # (N, 120)
        x = self.activation(self.dense2(x))  # (N, 84)
        return self.dense3(x)  # (N, classes)
