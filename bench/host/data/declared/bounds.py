"""Checks how large a user's own data set may be."""

from math import prod

from bench.errors import DataError
from bench.host.data.synthetic import MOST_NAMES, MOST_VALUES
from bench.spec import Samples

# 1 GiB of pixels, which take nine times that much memory to prepare, and eight times in the cache.
MOST_VALUES_OF_ALL = 2**30


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
