"""What a data set is before it is prepared: integer pixels and labels in a fixed split."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Split:
    """Images as uint8 (samples, channels, height, width), labels as integers (samples,)."""

    images: Array
    labels: Array


@dataclass(frozen=True)
class Dataset:
    """A data set that the host can read.

    Attributes:
        version: raised whenever `read` gives other arrays than before; renews the cache.
        shape: of one sample, (channels, height, width).
        read: the train and the test split; raises DataError.
    """

    name: str
    summary: str
    version: int
    shape: tuple[int, int, int]
    classes: int
    read: Callable[[], tuple[Split, Split]]
