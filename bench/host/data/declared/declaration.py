"""Reads a plan's tables [datasets.NAME], which declare a user's own data sets."""

import json
import re
import stat
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from math import prod
from pathlib import Path
from typing import TypeVar

import PIL

from bench.errors import DataError
from bench.host.data import DATASETS
from bench.host.data.dataset import MOST_NAMES, MOST_VALUES, Dataset, Split
from bench.host.data.declared.array_files import LAYOUTS, ArrayFiles, ArrayPair
from bench.host.data.declared.image_file import MODES, Size
from bench.host.data.declared.image_folder import ImageFolder
from bench.host.data.declared.text_files import TextFiles
from bench.host.data.files import explain_unreadable
from bench.host.data.labeled_csv import Columns
from bench.host.data.texts import FIRST_WORD
from bench.host.toml_table import TomlTable
from bench.protocol.digests import hash_text

# What a part of a data set lies in: a folder, a file, or two files.
Files = TypeVar("Files")

# Raised whenever the readers of declared data sets give other arrays than before.
READING = 2
# Digits of the digest of what is read; enough for all that one cache will ever hold.
VERSION_DIGITS = 16
NAME = re.compile("[a-z0-9]+(-[a-z0-9]+)*")
LONGEST_NAME = 40
SYNTHETIC = "synthetic"
RESERVED = ("all", SYNTHETIC, *DATASETS)
TEST, TEST_EVERY = "test", "test_every"

# Frozen dataclasses with the same methods, which raise DataError: `list_files` in the same order
# each time, `describe_samples`, which reads no more than it needs, and `read`.
Source = ImageFolder | TextFiles | ArrayFiles


@dataclass(frozen=True)
class DeclaredDataset:
    """A data set that a plan declares. Its files have not been looked at yet."""

    name: str
    summary: str
    source: Source

    @cached_property
    def dataset(self) -> Dataset:
        """The data set as its files are now."""
        version = self._hash_files()
        return Dataset(
            name=self.name,
            summary=self.summary,
            version=version,
            samples=self.source.describe_samples(),
            read=lambda: self._read(version),
        )

    def _read(self, version: str) -> tuple[Split, Split]:
        splits = self.source.read()
        if self._hash_files() != version:
            raise DataError(
                f"The files of the data set {self.name!r} have changed while they were read; "
                "expected them to stay as they are; run again when whatever writes them is done."
            )
        return splits

    def _hash_files(self) -> str:
        """Hash all that says what is read: names, sizes and times of the files, and keys.

        Not of the files' bytes: that would read all of them at every start. Whoever writes a file
        changes its time, and what is made of the bytes has digests of its own.
        """
        files = [(str(path), *_read_size_and_time(path)) for path in self.source.list_files()]
        # Another version of Pillow may round differently.
        what = (READING, PIL.__version__, type(self.source).__name__, vars(self.source), files)
        return hash_text(json.dumps(what, default=str))[:VERSION_DIGITS]


def read_declared(table: TomlTable, folder: Path) -> dict[str, DeclaredDataset]:
    """Read the data sets of a plan's tables [datasets.NAME], by name.

    Args:
        table: top level of the plan.
        folder: folder of the plan, which paths are relative to.

    Raises:
        SamestepError: the table's own, where a name or a key is none.
    """
    declared = {}
    for name, declaration in table.take_named_tables("datasets").items():
        if len(name) > LONGEST_NAME or not NAME.fullmatch(name):
            raise table.fail("datasets", name, f"names of at most {LONGEST_NAME} a-z, 0-9 and -")
        if name in RESERVED or name.startswith(f"{SYNTHETIC}-"):
            raise table.fail("datasets", name, "a name that is not taken by samestep itself")
        kind = declaration.take_text("kind", allowed=KINDS)
        source = KINDS[kind](declaration, folder)
        declaration.finish()
        declared[name] = DeclaredDataset(name, f"{kind} of your own, declared in the plan", source)
    return declared


def _read_images(table: TomlTable, folder: Path) -> ImageFolder:
    return ImageFolder(
        *_read_parts(table, lambda key: _read_path(table, key, folder)),
        channels=_read_channels(table),
        size=_read_image_size(table),
    )


def _read_texts(table: TomlTable, folder: Path) -> TextFiles:
    return TextFiles(
        *_read_parts(table, lambda key: _read_path(table, key, folder)),
        columns=_read_columns(table),
        length=table.take_integer("length", least=1),
        # Two tokens are no words: padding, and every other word.
        vocabulary=table.take_integer("vocabulary", least=1, most=MOST_NAMES - FIRST_WORD),
    )


def _read_arrays(table: TomlTable, folder: Path) -> ArrayFiles:
    return ArrayFiles(
        *_read_parts(table, lambda key: _read_pair(table, key, folder)),
        layout=table.take_text("layout", allowed=LAYOUTS),
    )


KINDS: dict[str, Callable[[TomlTable, Path], Source]] = {
    "images": _read_images,
    "texts": _read_texts,
    "arrays": _read_arrays,
}


def _read_parts(
    table: TomlTable, read: Callable[[str], Files]
) -> tuple[Files, Files | None, int | None]:
    train = read("train")
    # One of the two keys is needed, never both.
    keys = [key for key in (TEST, TEST_EVERY) if key in table]
    if len(keys) != 1:
        raise table.fail(
            TEST,
            " and ".join(keys) or None,
            f"one of two keys: {TEST} names the test part; {TEST_EVERY} = N takes every "
            "N-th sample of each class in train for it",
        )
    test = read(TEST) if keys == [TEST] else None
    return train, test, table.take_integer(TEST_EVERY, None, least=2)


def _read_channels(table: TomlTable) -> int:
    channels: int = table.take_integer("channels", 3)
    if channels not in MODES:
        raise table.fail("channels", channels, "3 (red, green, blue) or 1 (shades of gray)")
    return channels


def _read_image_size(table: TomlTable) -> Size | None:
    sides = table.take_integers("size", (), least=1)
    if not sides:
        return None
    if len(sides) != 2 or prod(sides) > MOST_VALUES:
        raise table.fail("size", sides, f"[height, width], at most {MOST_VALUES:,} pixels")
    return sides[0], sides[1]


def _read_columns(table: TomlTable) -> Columns:
    columns = Columns(
        table.take_text("text_column", "text"), table.take_text("label_column", "label")
    )
    if columns.text == columns.label:
        raise table.fail("label_column", columns.label, "another column than that of the texts")
    return columns


def _read_pair(table: TomlTable, key: str, folder: Path) -> ArrayPair:
    expected = "{ inputs = 'FILE.npy', labels = 'FILE.npy' }"
    files = table.take_table(key, expected)
    if files is None:
        raise table.fail(key, None, expected)
    pair = ArrayPair(_read_path(files, "inputs", folder), _read_path(files, "labels", folder))
    files.finish()
    return pair


def _read_path(table: TomlTable, key: str, folder: Path) -> Path:
    text: str = table.take_text(key)
    expected = "a path with $NAME for a variable, $$ for a dollar, ~ for your home"
    try:
        path = Path(table.expand(key, text, expected)).expanduser()
    except RuntimeError as error:
        raise table.fail(key, text, expected) from error
    if not text or not str(path).isprintable():
        raise table.fail(key, text, "a path of printable characters")
    return (folder / path).absolute()


def _read_size_and_time(path: Path) -> tuple[int, int]:
    with explain_unreadable(repr(str(path)), "expected a file; correct the path."):
        status = path.stat()
    # A pipe would be waited for, and a device may never end.
    if not stat.S_ISREG(status.st_mode):
        raise DataError(f"{str(path)!r} is no file; expected one; correct the path.")
    return status.st_size, status.st_mtime_ns
