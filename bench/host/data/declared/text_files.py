"""Reads a user's own texts with their labels: one CSV, or one for each part."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bench.errors import DataError
from bench.host.data.dataset import Split, check_class_names, check_values, complete_parts
from bench.host.data.labeled_csv import Columns, LabeledText, encode_labels, read_rows
from bench.host.data.texts import FIRST_WORD, make_vocabulary, tokenize
from bench.spec import Samples

MOST_BYTES = 2**28


@dataclass(frozen=True)
class TextFiles:
    """A declared data set of texts.

    Attributes:
        train, test: CSV files with a header.
        test_every: number of rows of a class in `train` from one test sample to the next, where
            there is no `test`.
        length: number of words that are read of a text.
        vocabulary: largest number of words that are told from each other.
    """

    train: Path
    test: Path | None
    test_every: int | None
    columns: Columns
    length: int
    vocabulary: int

    def list_files(self) -> Iterator[Path]:
        """List the one or two files."""
        yield self.train
        if self.test is not None:
            yield self.test

    def describe_samples(self) -> Samples:
        """Describe length, classes and number of tokens."""
        train, test, vocabulary = self._read_texts()
        # Every class has a training text: its first one is never taken for the test.
        classes = len(np.unique(train.labels))
        samples = Samples((self.length,), classes, vocabulary=len(vocabulary) + FIRST_WORD)
        count = len(train.labels) + len(test.labels)
        check_values(str(self.train), samples, count, "give a smaller length, or fewer texts")
        return samples

    def read(self) -> tuple[Split, Split]:
        """Read tokens and labels."""
        train, test, vocabulary = self._read_texts()
        return self._tokenize(train, vocabulary), self._tokenize(test, vocabulary)

    def _read_texts(self) -> tuple[Split, Split, dict[str, int]]:
        rows = read_rows(self.train, self.columns, MOST_BYTES)
        names = sorted({row.label for row in rows})
        check_class_names(str(self.train), names)
        whole = _to_split(rows, names, self.train, "it")
        test = None
        if self.test is not None:
            rows = read_rows(self.test, self.columns, MOST_BYTES)
            test = _to_split(rows, names, self.test, str(self.train))
        train, test = complete_parts(whole, test, self.test_every, str(self.train))
        # From the training texts alone: the others stand for texts of the future.
        vocabulary = make_vocabulary(train.inputs, self.vocabulary)
        if not vocabulary:
            raise DataError(
                f"{str(self.train)!r} has no word that occurs twice; expected texts of words, "
                "which are runs of a-z and 0-9 here; name another column, or make arrays of tokens."
            )
        return train, test, vocabulary

    def _tokenize(self, part: Split, vocabulary: dict[str, int]) -> Split:
        return Split(tokenize(part.inputs.tolist(), vocabulary, self.length), part.labels)


def _to_split(rows: Sequence[LabeledText], names: Sequence[str], path: Path, source: str) -> Split:
    texts = np.array([row.text for row in rows], dtype=object)
    return Split(texts, encode_labels(rows, names, path, source))
