"""Reads texts with their classes from CSV, and the list of classes from JSON."""

import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from bench.errors import DataError
from bench.host.data.dataset import Array

COLUMNS = ("text", "category")
MOST_BYTES = 4 * 2**20


def read_categories(path: Path, count: int) -> list[str]:
    """The names of the classes, whose labels are their places.

    Raises:
        DataError: the file cannot be read or is not a JSON list of `count` names.
    """
    try:
        names = json.loads(_text(path))
    except (ValueError, RecursionError) as error:
        raise DataError(f"{path} is not valid JSON ({error}); replace the file.") from error
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise DataError(f"{path} is no list of names; expected {count} of them; replace the file.")
    if len(set(names)) != count or len(names) != count:
        raise DataError(
            f"{path} has {len(names)} names, {len(set(names))} of them different; expected {count} "
            "different ones; replace the file."
        )
    return names


def read_labelled_csv(path: Path, categories: Sequence[str]) -> tuple[list[str], Array]:
    """The texts and their labels, int64 (texts,), from a CSV with the columns text and category.

    Raises:
        DataError: the file cannot be read or is malformed; names the line.
    """
    labels = {name: label for label, name in enumerate(categories)}
    # newline="": a quoted text may hold line ends of its own.
    reader = csv.DictReader(io.StringIO(_text(path), newline=""), strict=True)
    texts: list[str] = []
    found: list[int] = []
    try:
        _check_columns(path, reader.fieldnames)
        for row in reader:
            where = f"{path} line {reader.line_num:,}"
            texts.append(_checked_text(row, where))
            found.append(_label(row["category"], labels, where))
    except csv.Error as error:
        # DictReader's own line_num is that of the last good row.
        raise DataError(
            f"{path} line {reader.reader.line_num:,} is not valid CSV ({error}); replace the file."
        ) from error
    if not texts:
        raise DataError(f"{path} has no rows; expected texts with categories; replace the file.")
    return texts, np.array(found, dtype=np.int64)


def _text(path: Path) -> str:
    try:
        with path.open("rb") as stream:
            content = stream.read(MOST_BYTES + 1)
    except OSError as error:
        raise DataError(
            f"{path} cannot be read ({error.strerror}); expected a file of texts; check it."
        ) from error
    if len(content) > MOST_BYTES:
        raise DataError(
            f"{path} holds more than {MOST_BYTES:,} bytes; expected fewer; replace the file."
        )
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise DataError(
            f"{path} is not UTF-8 (byte {error.start:,}: {error.reason}); replace the file."
        ) from error


def _check_columns(path: Path, names: Sequence[str] | None) -> None:
    for column in COLUMNS:
        if column not in (names or ()):
            raise DataError(
                f"{path} has the columns {list(names or ())}; expected {', '.join(COLUMNS)}; "
                "replace the file."
            )


def _checked_text(row: dict[str, str], where: str) -> str:
    # DictReader keeps surplus cells under None, and fills missing ones with None.
    if None in row or None in row.values():
        raise DataError(f"{where} has another number of cells than the header; replace the file.")
    if not row["text"].strip():
        raise DataError(f"{where} has an empty text; expected words; replace the file.")
    return row["text"]


def _label(category: str, labels: dict[str, int], where: str) -> int:
    if category not in labels:
        raise DataError(
            f"{where} has the category {category!r}; expected one of the {len(labels)} in the "
            "list of categories; replace the file."
        )
    return labels[category]
