"""Softmax cross-entropy."""

import numpy as np

from .layers import Array


def softmax_cross_entropy(logits: Array, labels: np.ndarray) -> tuple[float, Array]:
    """(summed loss, its gradient with respect to `logits`), for integer labels.

    Logits are shifted by each row's maximum, so that no exponential overflows.
    """
    shifted = logits - logits.max(axis=1, keepdims=True)  # (N, classes)
    logarithms = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    samples = np.arange(len(labels))
    gradient = np.exp(logarithms)
    gradient[samples, labels] -= 1
    return -float(logarithms[samples, labels].sum()), gradient
