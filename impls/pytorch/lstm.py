"""LSTM in PyTorch."""

import torch
from torch import nn

from bench.models.lstm import LSTM as Spec  # noqa: N811 (a class)


class LSTM(nn.Module):
    """Layers of LSTM over the rows of an image or the words of a text; dense on the last step."""

    def __init__(self, spec: Spec) -> None:
        super().__init__()
        self.embedding = nn.Embedding(spec.vocabulary, spec.embedding) if spec.vocabulary else None
        self.lstm = nn.LSTM(spec.features, spec.units, spec.layers, batch_first=True)
        self.dense = nn.Linear(spec.units, spec.classes)

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        # Words to (N, steps, embedding), or (N, 1, rows, columns) to (N, rows, columns).
        x = inputs.squeeze(1) if self.embedding is None else self.embedding(inputs)
        x, _ = self.lstm(x)  # (N, steps, units)
        return self.dense(x[:, -1])  # (N, classes)
