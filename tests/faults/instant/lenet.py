"""LeNet that computes nothing: its losses follow from the weights and from how often it stepped."""

from collections.abc import Mapping

import numpy as np


class LeNet:
    """Counts its steps."""

    def __init__(self) -> None:
        self.start = 0.0
        self.steps = 0

    def load(self, weights: Mapping[str, np.ndarray]) -> None:
        """Begin with what the weights come to."""
        self.start = 1.0 + float(sum(np.abs(array).mean() for array in weights.values()))

    def loss(self, samples: int, ahead: int = 0) -> float:
        """Of so many samples, now or some steps later."""
        return samples * self.start / (self.steps + ahead)
