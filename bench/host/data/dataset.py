"""A data set before it is prepared: whole numbers and labels in a fixed split."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from bench.spec import Samples

Array = np.ndarray[Any, Any]


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
