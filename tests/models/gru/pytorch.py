"""GRU in PyTorch."""

import torch
from bench.models.gru import GRU as Spec  # noqa: N811 (a class)
from torch import nn


class GRU(nn.Module):
    """Layers of GRU over the rows of an image; dense on the last step."""

    def __init__(self, spec: Spec) -> None:
        super().__init__()
        self.gru = nn.GRU(spec.input_shape[2], spec.units, spec.layers, batch_first=True)
        self.dense = nn.Linear(spec.units, spec.classes)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        x, _ = self.gru(images.squeeze(1))  # (N, steps, units)
        return self.dense(x[:, -1])  # (N, classes)
