"""Reads a user's own arrays: pairs of .npy files with inputs and labels."""

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tokenize import TokenError

import numpy as np

from bench.errors import DataError
from bench.host.data.dataset import (
    MOST_NAMES,
    Array,
    Split,
    check_classes,
    check_values,
    complete_parts,
)
from bench.host.data.files import explain_unreadable
from bench.spec import Samples

MAGIC = b"\x93NUMPY"
TOKENS = "NL"
# Axes: samples, channels, height, width; samples, length.
LAYOUTS = ("NCHW", "NHWC", "NHW", TOKENS)
CHANNELS = (1, 3)
# Errors of NumPy's reader of headers, which evaluates a literal of Python's.
MALFORMED = (ValueError, TypeError, SyntaxError, OverflowError, RecursionError, TokenError)


@dataclass(frozen=True)
class ArrayPair:
    """The files of a part: inputs, and a label for each."""

    inputs: Path
    labels: Path


@dataclass(frozen=True)
class ArrayFiles:
    """A declared data set of arrays.

    Attributes:
        test_every: number of samples of a class in `train` from one test sample to the next,
            where there is no `test`.
        layout: one of LAYOUTS: uint8 pixels, or whole numbers as tokens.
    """

    train: ArrayPair
    test: ArrayPair | None
    test_every: int | None
    layout: str

    def list_files(self) -> Iterator[Path]:
        """List the two or four files."""
        for pair in (self.train, self.test):
            if pair is not None:
                yield pair.inputs
                yield pair.labels

    def describe_samples(self) -> Samples:
        """Describe shape, classes and tokens: one more each than the largest label and token."""
        return self._map_arrays()[0]

    def read(self) -> tuple[Split, Split]:
        """Map the arrays into memory, images as (samples, channels, height, width)."""
        _, train, test = self._map_arrays()
        return complete_parts(train, test, self.test_every, str(self.train.labels))

    def _map_arrays(self) -> tuple[Samples, Split, Split | None]:
        train = self._map_split(self.train)
        classes = _count_classes(self.train.labels, train.labels)
        test = self._map_split(self.test) if self.test else None
        if self.test and test:
            where, source = f"{str(self.test.labels)!r} has labels", str(self.train.labels)
            expected = f"expected 0 to {classes - 1:,}, those in {source!r}; correct it."
            _count_names([test.labels], classes, where, expected)
            _check_same_shape(self.train.inputs, train, self.test.inputs, test)
        inputs = [split.inputs for split in (train, test) if split]
        vocabulary = self._count_tokens(inputs) if self.layout == TOKENS else None
        samples = Samples(train.inputs.shape[1:], classes, vocabulary)
        count = sum(map(len, inputs))
        check_values(str(self.train.inputs), samples, count, "give fewer or smaller samples")
        return samples, train, test

    def _map_split(self, pair: ArrayPair) -> Split:
        inputs = _map_inputs(pair.inputs, self.layout)
        labels = _map_labels(pair.labels)
        if len(inputs) != len(labels):
            raise DataError(
                f"{str(pair.inputs)!r} has {len(inputs):,} samples and {str(pair.labels)!r} "
                f"{len(labels):,} labels; expected a label for each; name files that go together."
            )
        return Split(inputs, labels)

    def _count_tokens(self, inputs: list[Array]) -> int:
        where = f"{str(self.train.inputs)!r} or its test part has tokens"
        expected = f"expected 0 to {MOST_NAMES - 1:,}; number the words from 0."
        return max(2, _count_names(inputs, MOST_NAMES, where, expected))


def map_array(path: Path) -> Array:
    """Map the array in a .npy file into memory: nothing is read before it is needed."""
    where = repr(str(path))
    expected = "expected an array of numbers as numpy.save writes it"
    with explain_unreadable(where, f"{expected}; correct the path."), path.open("rb") as stream:
        start = stream.read(len(MAGIC))
        if start != MAGIC:
            kind = "a .npz archive" if start.startswith(b"PK") else "no .npy file"
            raise DataError(f"{where} is {kind}; {expected}; save it with numpy.save.")
        try:
            with warnings.catch_warnings():
                # A header from Python 2's time is read all the same, and a damaged one is an error.
                warnings.simplefilter("ignore")
                array: Array = np.lib.format.open_memmap(path, mode="r")
        except MALFORMED as error:
            raise DataError(_explain_damage(where, expected, error)) from error
    return array


def _explain_damage(where: str, expected: str, error: Exception) -> str:
    words = " ".join(str(error).split())
    if "max_header_size" in words:
        return f"{where} has named columns, or is damaged; {expected}; save one array of numbers."
    if "Python objects" in words:
        return (
            f"{where} holds pickled Python objects, which are never read: unpickling runs whatever "
            f"program a file holds; {expected}; convert it to a type of numbers."
        )
    return f"{where} is damaged ({words}); {expected}; write it again."


def _map_inputs(path: Path, layout: str) -> Array:
    array = map_array(path)
    where = f"{str(path)!r} is an array of {array.dtype} {array.shape}"
    if array.ndim != len(layout) or not array.size:
        raise DataError(
            f"{where}; expected {len(layout)} axes for the layout {layout}, none of them empty; "
            f"correct the layout (one of {', '.join(LAYOUTS)}) or the array."
        )
    if layout == TOKENS:
        if array.dtype.kind not in "iu":
            raise DataError(
                f"{where}; expected whole numbers, the tokens of texts; convert it, or correct the "
                "layout."
            )
        return array
    if array.dtype != np.uint8:
        raise DataError(
            f"{where}; expected uint8, pixels from 0 to 255, which samestep normalizes itself; "
            "scale it to that range, round it and convert it with astype('uint8')."
        )
    images = _with_channels_first(array, layout)
    if images.shape[1] not in CHANNELS:
        raise DataError(
            f"{where}, which has {images.shape[1]:,} channels as {layout}; expected 1 or 3; "
            f"correct the layout (one of {', '.join(LAYOUTS)}) or the array."
        )
    return images


def _with_channels_first(images: Array, layout: str) -> Array:
    # Nothing is copied.
    if layout == "NHW":
        return images[:, None]
    return images if layout == "NCHW" else images.transpose(0, 3, 1, 2)


def _map_labels(path: Path) -> Array:
    array = map_array(path)
    where = f"{str(path)!r} is an array of {array.dtype} {array.shape}"
    if array.ndim != 1 or array.dtype.kind not in "iu" or not array.size:
        raise DataError(
            f"{where}; expected whole numbers with one axis, a class for each sample; "
            "convert it with reshape(-1) or astype('int64'), or argmax(1) where it is one-hot."
        )
    return array


def _count_classes(path: Path, labels: Array) -> int:
    expected = f"expected 0 to at most {MOST_NAMES - 1:,}; number the classes from 0."
    classes = _count_names([labels], MOST_NAMES, f"{str(path)!r} has labels", expected)
    check_classes(str(path), classes)
    (missing,) = np.nonzero(np.bincount(labels.astype(np.int64), minlength=classes) == 0)
    if len(missing):
        raise DataError(
            f"{str(path)!r} has labels up to {classes - 1:,} but never {missing[0]:,}; expected "
            "every class from 0 on; number the classes without gaps."
        )
    return classes


def _count_names(arrays: Sequence[Array], limit: int, where: str, expected: str) -> int:
    """Count the labels or tokens from 0 to the largest one, which has to be below the limit."""
    least = min(int(array.min()) for array in arrays)
    most = max(int(array.max()) for array in arrays)
    if least < 0 or most >= limit:
        raise DataError(f"{where} from {least:,} to {most:,}; {expected}")
    return most + 1


def _check_same_shape(path: Path, train: Split, other: Path, test: Split) -> None:
    if train.inputs.shape[1:] != test.inputs.shape[1:]:
        raise DataError(
            f"{str(path)!r} has samples of {train.inputs.shape[1:]} and {str(other)!r} of "
            f"{test.inputs.shape[1:]}; expected one shape; correct one of them."
        )
