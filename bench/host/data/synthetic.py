"""Random pixels or tokens of any shape, to measure throughput with; made anew from the name."""

import re
from collections.abc import Callable
from functools import partial
from math import prod

import numpy as np

from bench.host.data.dataset import MOST_NAMES, MOST_VALUES, Array, Dataset, Split
from bench.spec import Samples

IMAGES = "synthetic-<C>x<H>x<W>-<classes>[-<N>]"  # channels, height, width, training samples
TEXTS = "synthetic-<L>of<V>-<classes>[-<N>]"  # length in tokens, vocabulary
_NUMBER = "([1-9][0-9]{0,6})"  # no leading zeros: a data set has one name
_IMAGES = re.compile(f"synthetic-{_NUMBER}x{_NUMBER}x{_NUMBER}-{_NUMBER}(?:-{_NUMBER})?")
_TEXTS = re.compile(f"synthetic-{_NUMBER}of{_NUMBER}-{_NUMBER}(?:-{_NUMBER})?")
LEAST_SAMPLES, MOST_SAMPLES, MOST_VALUES_OF_ALL = 16, 1_000_000, 2**28
LIMITS = f"up to {MOST_VALUES:,} values a sample, 2 to {MOST_NAMES:,} classes and tokens"
FULL_BYTES = 64 * 2**20
LEAST_TRAIN, MOST_TRAIN = 256, 8_192
TEST_SHARE = 4
SEED = 1


def parse_synthetic_dataset(name: str) -> Dataset | None:
    """Parse the name of a synthetic data set; None where it is none or beyond the limits."""
    parsed = _parse_name(name)
    if parsed is None:
        return None
    samples, count = parsed
    kind = "pixels" if samples.vocabulary is None else "tokens"
    return Dataset(
        name=name,
        summary=f"random {kind} and labels for throughput: accuracy on them means nothing",
        version=1,
        samples=samples,
        read=partial(read_synthetic, samples, count),
        synthetic=True,
    )


def choose_train_count(samples: Samples) -> int:
    """Choose as many training samples as fit in 64 MiB of four bytes a value, 256 to 8,192."""
    fitting = FULL_BYTES // (4 * prod(samples.shape))
    return min(max(fitting, LEAST_TRAIN), MOST_TRAIN)


def read_synthetic(samples: Samples, count: int | None = None) -> tuple[Split, Split]:
    """Draw uniform pixels or tokens and uniform labels; a quarter as many for the test.

    Args:
        count: number of training samples; `choose_train_count` chooses it by default.
    """
    # The bits of PCG64 are the same in every version of NumPy; its distributions may change.
    draw = np.random.PCG64(SEED).random_raw
    count = count or choose_train_count(samples)
    return _draw_split(draw, count, samples), _draw_split(draw, count // TEST_SHARE, samples)


def _parse_name(name: str) -> tuple[Samples, int | None] | None:
    if match := _IMAGES.fullmatch(name):
        *numbers, last = match.groups()
        *shape, classes = map(int, numbers)
        samples = Samples(tuple(shape), classes)
    elif match := _TEXTS.fullmatch(name):
        *numbers, last = match.groups()
        length, vocabulary, classes = map(int, numbers)
        samples = Samples((length,), classes, vocabulary)
    else:
        return None
    count = None if last is None else int(last)
    return (samples, count) if _fits(samples, count) else None


def _fits(samples: Samples, count: int | None) -> bool:
    names = [samples.classes, *([samples.vocabulary] if samples.vocabulary else [])]
    values = prod(samples.shape)
    if values > MOST_VALUES or not all(2 <= number <= MOST_NAMES for number in names):
        return False
    if count is None:
        return True
    return LEAST_SAMPLES <= count <= MOST_SAMPLES and count * values <= MOST_VALUES_OF_ALL


def _draw_split(draw: Callable[[int], Array], count: int, samples: Samples) -> Split:
    shape = (count, *samples.shape)
    if samples.vocabulary is None:
        words = draw(-(-prod(shape) // 8)).astype("<u8")  # eight pixels each
        inputs: Array = words.view(np.uint8)[: prod(shape)].reshape(shape)
    else:
        inputs = (
            _draw_uniform(draw, prod(shape), samples.vocabulary).astype(np.int32).reshape(shape)
        )
    return Split(inputs, _draw_uniform(draw, count, samples.classes))


def _draw_uniform(draw: Callable[[int], Array], count: int, limit: int) -> Array:
    # The limit is far below 2**64: no value is visibly more likely.
    return (draw(count) % np.uint64(limit)).astype(np.int64)
