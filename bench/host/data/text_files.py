"""Reads a user's own texts with their labels: one CSV, or one for each part."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import compress
from pathlib import Path

from bench.errors import DataError
from bench.host.data.bounds import check_classes, check_values
from bench.host.data.dataset import Split
from bench.host.data.division import chosen_for_test
from bench.host.data.labelled_csv import Columns, LabelledText, number, read_rows
from bench.host.data.texts import FIRST_WORD, make_vocabulary, tokenize
from bench.spec import Samples

MOST_BYTES = 2**28


@dataclass(frozen=True)
class Labelled:
    """What the files hold: rows of both parts, and what the training rows say of all.

    Attributes:
        names: of the classes, by alphabet; a label is a place in them.
        vocabulary: of the training texts alone: the others stand for what nobody has seen yet.
    """

    train: list[LabelledText]
    test: list[LabelledText]
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

    def files(self) -> Iterator[Path]:
        """The one or two of them."""
        yield self.train
        if self.test is not None:
            yield self.test

    def samples(self) -> Samples:
        """Length, classes and number of tokens.

        Raises:
            DataError: a file cannot be read or is malformed.
        """
        found = self._labelled()
        samples = Samples(
            (self.length,), len(found.names), vocabulary=len(found.vocabulary) + FIRST_WORD
        )
        count = len(found.train) + len(found.test)
        check_values(str(self.train), samples, count, "give a smaller length, or fewer texts")
        return samples

    def read(self) -> tuple[Split, Split]:
        """Tokens and labels.

        Raises:
            DataError: a file cannot be read or is malformed.
        """
        found = self._labelled()
        return self._split(found.train, self.train, found), self._split(
            found.test, self.test or self.train, found
        )

    def _labelled(self) -> Labelled:
        train = read_rows(self.train, self.columns, MOST_BYTES)
        names = sorted({row.label for row in train})
        check_classes(str(self.train), len(names))
        if self.test is None:
            train, test = self._divided(train, names)
        else:
            test = read_rows(self.test, self.columns, MOST_BYTES)
        vocabulary = make_vocabulary((row.text for row in train), self.vocabulary)
        if not vocabulary:
            raise DataError(
                f"{str(self.train)!r} has no word that occurs twice; expected texts of words, "
                "which are runs of a-z and 0-9 here; name another column, or make arrays of tokens."
            )
        return Labelled(train, test, names, vocabulary)

    def _divided(
        self, rows: list[LabelledText], names: list[str]
    ) -> tuple[list[LabelledText], list[LabelledText]]:
        assert self.test_every is not None  # one of the two is there
        labels = number(rows, names, self.train, "it")
        chosen = chosen_for_test(labels, self.test_every, str(self.train))
        return list(compress(rows, ~chosen)), list(compress(rows, chosen))

    def _split(self, rows: list[LabelledText], path: Path, found: Labelled) -> Split:
        tokens = tokenize([row.text for row in rows], found.vocabulary, self.length)
        return Split(tokens, number(rows, found.names, path, str(self.train)))
