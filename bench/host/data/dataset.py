"""What a data set is before it is prepared: integer pixels and labels in a fixed split."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from bench.spec import Samples

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Split:
    """Images as uint8 (samples, channels, height, width), labels as integers (samples,)."""

    inputs: Array
    labels: Array


@dataclass(frozen=True)
class Dataset:
    """A data set that the host can read.

    Attributes:
        version: raised whenever `read` gives other arrays than before; renews the cache.
        samples: what models have to know of them.
        read: the train and the test split; raises DataError.
    """

    name: str
    summary: str
    version: int
    samples: Samples
    read: Callable[[], tuple[Split, Split]]
