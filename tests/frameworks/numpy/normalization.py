"""Batch normalization, and local response normalization."""

import numpy as np

from bench.spec import NORMALIZATION_DECAY, NORMALIZATION_EPSILON

from .layers import Array, Layer, Parameter

POSITIONS = (0, 2, 3)  # all but the channels of (N, C, H, W)


class BatchNormalization(Layer):
    """Each channel with mean 0 and variance 1, then scaled and shifted (Ioffe and Szegedy 2015).

    In training, mean and variance (with divisor n = N * H * W) are the batch's; in
    evaluation they are running statistics, decay * running + (1 - decay) * batch.

    Where `unbiased` is set, the running variance is gathered with the divisor n - 1, as
    PyTorch does. It is s / (n - 1) = s / n + s / n / (n - 1): the layer gathers the second
    summand too, what the running variance has too much, to tell the canonical one.
    """

    def __init__(
        self,
        channels: int,
        epsilon: float = NORMALIZATION_EPSILON,
        decay: float = NORMALIZATION_DECAY,
        unbiased: bool = False,
    ) -> None:
        self.weight = Parameter.of_shape(channels)
        self.bias = Parameter.of_shape(channels)
        self.running_mean = np.zeros(channels)
        self.running_var = np.ones(channels)
        self.excess = np.zeros(channels)
        self.epsilon = epsilon
        self.decay = decay
        self.unbiased = unbiased

    @property
    def parameters(self) -> dict[str, Parameter]:
        return {"weight": self.weight, "bias": self.bias}

    @property
    def statistics(self) -> dict[str, Array]:
        return {"running_mean": self.running_mean, "running_var": self.running_var}

    @property
    def canonical_statistics(self) -> dict[str, Array]:
        return {**self.statistics, "running_var": self.running_var - self.excess}

    def reset(self) -> None:
        self.excess[...] = 0

    def forward(self, x: Array, training: bool) -> Array:
        if training:
            mean, variance = x.mean(axis=POSITIONS), x.var(axis=POSITIONS)
            self._gather(mean, variance, x.size // x.shape[1])
        else:
            mean, variance = self.running_mean, self.running_var
        self.inverse: Array = 1 / np.sqrt(variance + self.epsilon)
        self.normalized = (x - _by_channel(mean)) * _by_channel(self.inverse)
        return self.normalized * _by_channel(self.weight.value) + _by_channel(self.bias.value)

    def backward(self, gradient: Array) -> Array:
        n = gradient.size // gradient.shape[1]
        self.bias.gradient = gradient.sum(axis=POSITIONS)
        self.weight.gradient = (gradient * self.normalized).sum(axis=POSITIONS)
        # Mean and variance are the batch's: they take their parts of the gradient away.
        by_mean = _by_channel(self.bias.gradient / n)
        by_variance = self.normalized * _by_channel(self.weight.gradient / n)
        return _by_channel(self.weight.value * self.inverse) * (gradient - by_mean - by_variance)

    def _gather(self, mean: Array, variance: Array, n: int) -> None:
        excess = variance / (n - 1) if self.unbiased else np.zeros_like(variance)
        new = (mean, variance + excess, excess)
        running = (self.running_mean, self.running_var, self.excess)
        for gathered, batch in zip(running, new, strict=True):
            gathered[...] = self.decay * gathered + (1 - self.decay) * batch


class ResponseNormalization(Layer):
    """Local response normalization over channels (Krizhevsky et al. 2012, section 3.3).

    Each value is divided by (k + alpha * sum of squares over `size` channels, the value's
    own in the middle) ** beta; beyond the first and last channel there is nothing.
    """

    def __init__(self, size: int, alpha: float, beta: float, k: float) -> None:
        self.reach = size // 2
        self.alpha = alpha
        self.beta = beta
        self.k = k

    def forward(self, x: Array, training: bool) -> Array:
        self.x = x
        self.base = self.k + self.alpha * self._sum_of_neighbours(x**2)
        self.factors: Array = self.base**-self.beta
        return x * self.factors

    def backward(self, gradient: Array) -> Array:
        # A value is in its own sum and in those of its neighbors.
        by_sum = self._sum_of_neighbours(gradient * self.x * self.factors / self.base)
        return gradient * self.factors - 2 * self.alpha * self.beta * self.x * by_sum

    def _sum_of_neighbours(self, x: Array) -> Array:
        """The sum over neighboring channels, of (N, C, H, W)."""
        channels = x.shape[1]
        total = np.zeros_like(x)
        for offset in range(-self.reach, self.reach + 1):
            to = slice(max(0, -offset), min(channels, channels - offset))
            source = slice(max(0, offset), min(channels, channels + offset))
            total[:, to] += x[:, source]
        return total


def _by_channel(values: Array) -> Array:
    """One value for each channel, to be broadcast over (N, C, H, W)."""
    return values[:, None, None]
