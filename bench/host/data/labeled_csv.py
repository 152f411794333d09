"""Reads texts with their classes from CSV, and the list of classes from JSON."""

import csv
import io
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bench.errors import DataError, describe_parse_error, quote_name
from bench.host.data.dataset import Array
from bench.host.data.files import explain_unreadable

MOST_BYTES = 4 * 2**20


@dataclass(frozen=True)
class Columns:
    """The names of the columns."""

    text: str = "text"
    label: str = "category"


@dataclass(frozen=True, slots=True)
class LabeledText:
    """One row: a text, the name of its class, and the line in which the row ends."""

    text: str
    label: str
    line: int


def read_categories(path: Path, count: int) -> list[str]:
    """Read the names of the classes, whose labels are their places."""
    try:
        names = json.loads(_read_text(path))
    except (ValueError, RecursionError) as error:
        words = describe_parse_error(error)
        raise DataError(f"{path} is not valid JSON ({words}); replace the file.") from error
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise DataError(f"{path} is no list of names; expected {count} of them; replace the file.")
    if len(set(names)) != count or len(names) != count:
        raise DataError(
            f"{path} has {len(names)} names, {len(set(names))} of them different; expected {count} "
            "different ones; replace the file."
        )
    return names


def read_labeled_csv(path: Path, categories: Sequence[str]) -> tuple[list[str], Array]:
    """Read texts and labels, int64 (texts,), from a CSV with the columns text and category."""
    rows = read_rows(path, Columns())
    labels = encode_labels(rows, categories, path, "the list of categories")
    return [row.text for row in rows], labels


def read_rows(path: Path, columns: Columns, most_bytes: int = MOST_BYTES) -> list[LabeledText]:
    """Read the rows of a CSV; other columns are left out."""
    # newline="": a quoted text may hold line ends of its own.
    reader = csv.DictReader(io.StringIO(_read_text(path, most_bytes), newline=""), strict=True)
    try:
        # No cell is longer than the file may be.
        with _allow_cells(most_bytes):
            _check_columns(path, reader.fieldnames, columns)
            rows = [_parse_row(path, row, reader.line_num, columns) for row in reader]
    except csv.Error as error:
        # DictReader's own line_num is that of the last good row.
        raise DataError(
            f"{path} line {reader.reader.line_num:,} is not valid CSV ({error}); expected cells in "
            'quotation marks to end with one, and "" for each mark within; correct the row that '
            f"begins in line {reader.line_num + 1:,}."
        ) from error
    if not rows:
        raise DataError(f"{path} has no rows; expected texts with labels; replace the file.")
    return rows


def encode_labels(
    rows: Sequence[LabeledText], names: Sequence[str], path: Path, source: str
) -> Array:
    """Encode the labels of rows as places in `names`, int64 (rows,); messages name its source."""
    places = {name: place for place, name in enumerate(names)}
    for row in rows:
        if row.label not in places:
            raise DataError(
                f"{path} line {row.line:,} has the label {quote_name(row.label, places)}; "
                f"expected one of the {len(places)} in {source}; correct that line."
            )
    return np.array([places[row.label] for row in rows], dtype=np.int64)


@contextmanager
def _allow_cells(most: int) -> Iterator[None]:
    """Have Python read cells of so many characters: its own limit holds for the whole process."""
    before = csv.field_size_limit(most)
    try:
        yield
    finally:
        csv.field_size_limit(before)


def _read_text(path: Path, most_bytes: int = MOST_BYTES) -> str:
    with explain_unreadable(path, "expected a file of texts; check it."), path.open("rb") as stream:
        content = stream.read(most_bytes + 1)
    if len(content) > most_bytes:
        raise DataError(
            f"{path} holds more than {most_bytes:,} bytes; expected fewer; replace the file."
        )
    try:
        # Spreadsheets put a mark of byte order in front, which is no part of the first name.
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(
            f"{path} is not UTF-8 (byte {error.start:,}: {error.reason}); save it as UTF-8."
        ) from error


def _check_columns(path: Path, names: Sequence[str] | None, columns: Columns) -> None:
    expected = (columns.text, columns.label)
    for column in expected:
        if list(names or ()).count(column) != 1:
            present = ", ".join(quote_name(name, expected) for name in names or ())
            raise DataError(
                f"{path} has the columns [{present}]; expected {columns.text!r} and "
                f"{columns.label!r}, each once; name those that it has, or correct its first line."
            )


def _parse_row(path: Path, row: dict[str, str], line: int, columns: Columns) -> LabeledText:
    where = f"{path} line {line:,}"
    # DictReader keeps surplus cells under None, and fills missing ones with None.
    if None in row or None in row.values():
        raise DataError(f"{where} has another number of cells than the header; correct that line.")
    text, label = row[columns.text], row[columns.label]
    for cell, what in ((text, "text"), (label, "label")):
        if not cell.strip():
            raise DataError(f"{where} has an empty {what}; expected some; correct that line.")
    return LabeledText(text, label, line)
