"""A data set before it is prepared: whole numbers and labels, split the same every time."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np

from bench.errors import DataError, find_lookalikes
from bench.spec import Samples

Array = np.ndarray[Any, Any]

MOST_VALUES = 2**20  # of a sample: 256 such images take 1 GiB in each layout
MOST_NAMES = 1_000_000  # classes, tokens
# 1 GiB of pixels, which take nine times that much memory to prepare, and eight times in the cache.
MOST_VALUES_OF_ALL = 2**30


@dataclass(frozen=True)
class Split:
    """The inputs and labels of a part.

    Attributes:
        inputs: images as uint8 (samples, channels, height, width), or texts as int32 tokens
            (samples, length).
        labels: whole numbers (samples,).
    """

    inputs: Array
    labels: Array


@dataclass(frozen=True)
class Dataset:
    """A data set that the host can read.

    Attributes:
        version: number that is raised by hand, or digest of the files: it changes whenever `read`
            returns other arrays than before, and renews the cache.
        samples: properties that models have to know.
        read: function that returns the train and the test split; raises DataError.
        synthetic: whether it is drawn at random, for throughput; accuracy on it means nothing.
    """

    name: str
    summary: str
    version: int | str
    samples: Samples
    read: Callable[[], tuple[Split, Split]]
    synthetic: bool = False


def divide(split: Split, n: int) -> tuple[Split, Split]:
    """Divide samples: of each class, in the order of the samples, every n-th is a test sample."""
    test = np.zeros(len(split.labels), dtype=bool)
    for label in np.unique(split.labels):
        (members,) = np.nonzero(split.labels == label)
        test[members[n - 1 :: n]] = True
    return (
        Split(split.inputs[~test], split.labels[~test]),
        Split(split.inputs[test], split.labels[test]),
    )


def complete_parts(
    train: Split, test: Split | None, test_every: int | None, source: str
) -> tuple[Split, Split]:
    """Return both parts; where there is no test part, samples of `train` become one.

    Args:
        test_every: number of samples of a class from one test sample to the next.
        source: name of `train` in messages.
    """
    if test is not None:
        return train, test
    assert test_every is not None  # one of the two is there
    rest, test = divide(train, test_every)
    if not len(test.labels):
        raise DataError(
            f"{source} has no class of {test_every} samples, of which test_every = {test_every} "
            "would take the last one as a test sample; expected some; make test_every smaller, or "
            "name a test part of its own."
        )
    return rest, test


def check_class_names(source: str, names: Collection[str]) -> None:
    """Refuse classes that nothing can be learned from, and two that nobody can tell apart."""
    check_classes(source, len(names))
    if alike := find_lookalikes(names):
        raise DataError(
            f"{source!r} has the classes {alike[0]!a} and {alike[1]!a}, which look the same; "
            "expected one name for each class; rename one, and put together what is one."
        )


def check_classes(source: str, count: int) -> None:
    """Refuse labels that nothing can be learned from."""
    if not 2 <= count <= MOST_NAMES:
        raise DataError(
            f"{source!r} has {count:,} class{'' if count == 1 else 'es'}; expected 2 to "
            f"{MOST_NAMES:,}; check that it is the right one."
        )


def check_values(source: str, samples: Samples, count: int, remedy: str) -> None:
    """Refuse data that would not fit into memory, before any of it is read."""
    values = prod(samples.shape)
    sides = " x ".join(f"{side:,}" for side in samples.shape)
    for size, most, what in (
        (values, MOST_VALUES, f"samples of {sides} values"),
        (values * count, MOST_VALUES_OF_ALL, f"{count:,} samples of {sides} values"),
    ):
        if not 1 <= size <= most:
            raise DataError(f"{source!r} has {what}; expected 1 to {most:,} in all; {remedy}.")
