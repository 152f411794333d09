"""AlexNet in PyTorch."""

import torch
from torch import nn

from bench.models.alexnet import POOL, POOL_STRIDE, ResponseNormalization
from bench.models.alexnet import AlexNet as Spec


class AlexNet(nn.Module):
    """Five convolutions, three of them with pooling, then three dense layers; NCHW."""

    def __init__(self, spec: Spec) -> None:
        super().__init__()
        stem, second, later, *_ = spec.convolutions
        c1, c2, c3, c4, c5 = spec.channels
        self.conv1 = nn.Conv2d(spec.input_shape[0], c1, stem.kernel, stem.stride, stem.padding)
        self.conv2 = nn.Conv2d(c1, c2, second.kernel, padding=second.padding)
        self.conv3 = nn.Conv2d(c2, c3, later.kernel, padding=later.padding)
        self.conv4 = nn.Conv2d(c3, c4, later.kernel, padding=later.padding)
        self.conv5 = nn.Conv2d(c4, c5, later.kernel, padding=later.padding)
        self.normalize = _response_normalization(spec.normalization)
        self.pool = nn.MaxPool2d(POOL, POOL_STRIDE)
        self.relu = nn.ReLU()
        self.dropout = nn.Dropout(spec.dropout)
        self.flatten = nn.Flatten()
        channels, height, width = spec.feature_map
        first, second = spec.units
        self.dense1 = nn.Linear(channels * height * width, first)
        self.dense2 = nn.Linear(first, second)
        self.dense3 = nn.Linear(second, spec.classes)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        x = self.pool(self.normalize(self.relu(self.conv1(images))))  # (N, 64, 27, 27)
        x = self.pool(self.normalize(self.relu(self.conv2(x))))  # (N, 192, 13, 13)
        x = self.relu(self.conv3(x))  # (N, 384, 13, 13)
        x = self.relu(self.conv4(x))  # (N, 256, 13, 13)
        x = self.pool(self.relu(self.conv5(x)))  # (N, 256, 6, 6)
        x = self.flatten(x)  # (N, 9216) in the order C, H, W
        x = self.dropout(self.relu(self.dense1(x)))  # (N, 4096)
        x = self.dropout(self.relu(self.dense2(x)))  # (N, 4096)
        return self.dense3(x)  # (N, classes)


def _response_normalization(rule: ResponseNormalization | None) -> nn.Module:
    if rule is None:
        return nn.Identity()
    # PyTorch takes alpha times the mean of the squares, the paper alpha times their sum.
    return nn.LocalResponseNorm(rule.size, rule.alpha * rule.size, rule.beta, rule.k)
