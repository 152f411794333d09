"""Reads a user's own texts with their labels: one CSV, or one for each part."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import compress
from pathlib import Path

from bench.errors import DataError
from bench.host.data.dataset import Array, Split
from bench.host.data.declared.bounds import check_classes, check_values
from bench.host.data.division import mark_test_samples
from bench.host.data.labeled_csv import Columns, LabeledText, encode_labels, read_rows
from bench.host.data.texts import FIRST_WORD, make_vocabulary, tokenize
from bench.spec import Samples

MOST_BYTES = 2**28


@dataclass(frozen=True)
class LabeledRows:
    """The rows of a part, and their labels as places in the names of the classes."""

    rows: list[LabeledText]
    labels: Array

    def divided(self, test: Array) -> tuple["LabeledRows", "LabeledRows"]:
        """The rows outside the mask, and those in it."""
        return (
            LabeledRows(list(compress(self.rows, ~test)), self.labels[~test]),
            LabeledRows(list(compress(self.rows, test)), self.labels[test]),
        )


@dataclass(frozen=True)
class LabeledTexts:
    """What the files hold.

    Attributes:
        names: of the classes in the training rows, by alphabet.
        vocabulary: of the training texts alone: the others stand for what nobody has seen yet.
    """

    train: LabeledRows
    test: LabeledRows
    names: list[str]
    vocabulary: dict[str, int]


@dataclass(frozen=True)
class TextFiles:
    """A declared data set of texts.

    Attributes:
        train, test: CSV files with a header.
        test_every: where there is no `test`: of each class in `train`, every so many-th row is a
            test sample.
        length: how many words of a text are read.
        vocabulary: how many words are told from each other at most.
    """

    train: Path
    test: Path | None
    test_every: int | None
    columns: Columns
    length: int
    vocabulary: int

    def list_files(self) -> Iterator[Path]:
        """The one or two of them."""
        yield self.train
        if self.test is not None:
            yield self.test

    def describe_samples(self) -> Samples:
        """Length, classes and number of tokens.

        Raises:
            DataError: a file cannot be read or is malformed.
        """
        found = self._read_labeled()
        tokens = len(found.vocabulary) + FIRST_WORD
        samples = Samples((self.length,), len(found.names), vocabulary=tokens)
        count = len(found.train.rows) + len(found.test.rows)
        check_values(str(self.train), samples, count, "give a smaller length, or fewer texts")
        return samples

    def read(self) -> tuple[Split, Split]:
        """Tokens and labels.

        Raises:
            DataError: a file cannot be read or is malformed.
        """
        found = self._read_labeled()
        return (
            self._split(found.train, found.vocabulary),
            self._split(found.test, found.vocabulary),
        )

    def _read_labeled(self) -> LabeledTexts:
        rows = read_rows(self.train, self.columns, MOST_BYTES)
        names = sorted({row.label for row in rows})
        check_classes(str(self.train), len(names))
        train = LabeledRows(rows, encode_labels(rows, names, self.train, "it"))
        train, test = self._parts(train, names)
        vocabulary = make_vocabulary((row.text for row in train.rows), self.vocabulary)
        if not vocabulary:
            raise DataError(
                f"{str(self.train)!r} has no word that occurs twice; expected texts of words, "
                "which are runs of a-z and 0-9 here; name another column, or make arrays of tokens."
            )
        return LabeledTexts(train, test, names, vocabulary)

    def _parts(self, train: LabeledRows, names: list[str]) -> tuple[LabeledRows, LabeledRows]:
        if self.test is not None:
            rows = read_rows(self.test, self.columns, MOST_BYTES)
            return train, LabeledRows(rows, encode_labels(rows, names, self.test, str(self.train)))
        assert self.test_every is not None  # one of the two is there
        return train.divided(mark_test_samples(train.labels, self.test_every, str(self.train)))

    def _split(self, part: LabeledRows, vocabulary: dict[str, int]) -> Split:
        return Split(
            tokenize([row.text for row in part.rows], vocabulary, self.length), part.labels
        )
