"""ResNet in PyTorch."""

import torch
from torch import nn

from bench.models.resnet import Block as BlockSpec
from bench.models.resnet import ResNet as Spec
from bench.spec import NORMALIZATION_DECAY, NORMALIZATION_EPSILON


class ResNet(nn.Module):
    """Convolutional stem, stages of residual blocks, global average pooling, dense; NCHW."""

    def __init__(self, spec: Spec) -> None:
        super().__init__()
        stem, width = spec.stem, spec.widths[0]
        self.conv1 = nn.Conv2d(
            spec.input_shape[0], width, stem.kernel, stem.stride, stem.padding, bias=False
        )
        self.bn1 = _normalization(width)
        self.relu = nn.ReLU()
        self.pool = nn.MaxPool2d(3, stride=2, padding=1) if stem.pooling else nn.Identity()
        self.stages = nn.Sequential(
            *(nn.Sequential(*(Block(block) for block in stage)) for stage in spec.stages())
        )
        self.average = nn.AdaptiveAvgPool2d(1)
        self.flatten = nn.Flatten()
        self.dense = nn.Linear(spec.features, spec.classes)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        x = self.pool(self.relu(self.bn1(self.conv1(images))))
        x = self.stages(x)  # (N, features, 8, 8) in the CIFAR family
        x = self.flatten(self.average(x))  # (N, features)
        return self.dense(x)  # (N, classes)


class Block(nn.Module):
    """Two or three convolutions, each with batch normalization, added to a shortcut."""

    def __init__(self, spec: BlockSpec) -> None:
        super().__init__()
        (i1, o1, k1, s1), (i2, o2, k2, s2), *third = spec.layers
        self.conv1 = nn.Conv2d(i1, o1, k1, s1, padding=k1 // 2, bias=False)
        self.bn1 = _normalization(o1)
        self.conv2 = nn.Conv2d(i2, o2, k2, s2, padding=k2 // 2, bias=False)
        self.bn2 = _normalization(o2)
        self.is_bottleneck = bool(third)
        for i3, o3, k3, s3 in third:
            self.conv3 = nn.Conv2d(i3, o3, k3, s3, padding=k3 // 2, bias=False)
            self.bn3 = _normalization(o3)
        self.relu = nn.ReLU()
        self.shortcut = spec.shortcut
        self.stride = spec.stride
        if spec.shortcut == "projection":
            self.projection = nn.Conv2d(spec.inputs, spec.outputs, 1, spec.stride, bias=False)
            self.projection_bn = _normalization(spec.outputs)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.bn2(self.conv2(self.relu(self.bn1(self.conv1(x)))))
        if self.is_bottleneck:
            y = self.bn3(self.conv3(self.relu(y)))
        return self.relu(y + self._shortcut(x))

    def _shortcut(self, x: torch.Tensor) -> torch.Tensor:
        if self.shortcut == "projection":
            return self.projection_bn(self.projection(x))
        if self.shortcut == "padding":
            # Every second pixel; as many channels of zeros behind those that are there.
            x = x[:, :, :: self.stride, :: self.stride]
            return torch.cat([x, torch.zeros_like(x)], dim=1)
        return x


def _normalization(channels: int) -> nn.BatchNorm2d:
    # PyTorch's momentum is the weight of the batch, not of the past.
    return nn.BatchNorm2d(channels, NORMALIZATION_EPSILON, momentum=1 - NORMALIZATION_DECAY)
