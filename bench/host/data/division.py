"""Divides samples that come in one piece into a train and a test part, the same every time."""

import numpy as np

from bench.errors import DataError
from bench.host.data.dataset import Array, Split


def mark_every_nth_of_each_class(labels: Array, n: int) -> Array:
    """Mask of the test samples: of each class, in the order of the samples, every n-th."""
    test = np.zeros(len(labels), dtype=bool)
    for label in np.unique(labels):
        (members,) = np.nonzero(labels == label)
        test[members[n - 1 :: n]] = True
    return test


def mark_test_samples(labels: Array, n: int, source: str) -> Array:
    """The same, but never of no sample; `source` is what messages call them.

    Raises:
        DataError: no class has n samples.
    """
    test = mark_every_nth_of_each_class(labels, n)
    if not test.any():
        raise DataError(
            f"{source} has no class of {n} samples, of which test_every = {n} would take the last "
            "one as a test sample; expected some; make test_every smaller, or name a test part of "
            "its own."
        )
    return test


def divide(split: Split, test: Array) -> tuple[Split, Split]:
    """The samples outside the mask, and those in it."""
    return (
        Split(split.inputs[~test], split.labels[~test]),
        Split(split.inputs[test], split.labels[test]),
    )
