"""Reads the binary version of CIFAR-10 (described on its page, cs.toronto.edu/~kriz/cifar.html).

A row is one byte of label, then 1,024 red, 1,024 green and 1,024 blue pixels, each
from the top left to the bottom right.
"""

import io
import tarfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from bench.errors import DataError
from bench.host.data.dataset import Split
from bench.host.data.files import explain_unreadable, open_gzip

CHANNELS, SIDE = 3, 32
ROW_BYTES = 1 + CHANNELS * SIDE * SIDE
CLASSES = 10
BATCH_ROWS = 10_000
MOST_BATCH_BYTES = BATCH_ROWS * ROW_BYTES
# The published archive unpacks to 176 MiB.
MOST_ARCHIVE_BYTES = 2**28


def parse_rows(content: bytes, source: str) -> Split:
    """Parse the images (rows, 3, 32, 32) and labels in the bytes of a batch.

    Args:
        content: whole rows; more bytes than a batch of 10,000 rows are refused.
        source: name of the content in messages.
    """
    if len(content) > MOST_BATCH_BYTES:
        raise DataError(
            f"{source} holds more than {MOST_BATCH_BYTES:,} bytes; expected at most "
            f"{BATCH_ROWS:,} rows of CIFAR-10; replace the file."
        )
    if not content or len(content) % ROW_BYTES:
        raise DataError(
            f"{source} holds {len(content):,} bytes; expected a multiple of {ROW_BYTES:,}, a label "
            "and 3x32x32 pixels a row; replace the file."
        )
    rows = np.frombuffer(content, dtype=np.uint8).reshape(-1, ROW_BYTES)
    labels = rows[:, 0]
    (wrong,) = np.nonzero(labels >= CLASSES)
    if len(wrong):
        raise DataError(
            f"{source} has the label {labels[wrong[0]]} in row {wrong[0] + 1:,}; expected 0 to "
            f"{CLASSES - 1}; replace the file."
        )
    return Split(rows[:, 1:].reshape(-1, CHANNELS, SIDE, SIDE), labels.copy())


def read_batch(path: Path) -> bytes:
    """Read the bytes of an unpacked batch, one more than there may be where it is longer."""
    expected = "expected one of CIFAR-10's six batches; put it there, or check its permissions."
    with explain_unreadable(path, expected), path.open("rb") as stream:
        return stream.read(MOST_BATCH_BYTES + 1)


def read_packed_batch(path: Path) -> bytes:
    """Read the bytes of a gzipped batch, one more than there may be where it is longer."""
    with open_gzip(path, "a gzipped batch of CIFAR-10") as stream:
        return stream.read(MOST_BATCH_BYTES + 1)


def read_archive(path: Path, names: Sequence[str]) -> list[bytes]:
    """Read the members with these paths in a gzipped tar, in the order of `names`.

    Nothing is written to the disk, and no more is unpacked than the published
    archive may hold.
    """
    with open_gzip(path, "CIFAR-10's binary archive") as stream:
        content = stream.read(MOST_ARCHIVE_BYTES + 1)
    if len(content) > MOST_ARCHIVE_BYTES:
        raise DataError(
            f"{path} unpacks to more than {MOST_ARCHIVE_BYTES:,} bytes; expected CIFAR-10's binary "
            "archive; replace the file."
        )
    contents: dict[str, bytes] = {}
    try:
        # A stream is read once from front to end: no member can send the reader elsewhere.
        with tarfile.open(fileobj=io.BytesIO(content), mode="r|") as archive:
            for member in archive:
                if member.name in names and member.isreg():
                    contents[member.name] = _read_member(archive, member)
    # RecursionError: tarfile follows extended headers one inside the other.
    except (tarfile.TarError, ValueError, OverflowError, RecursionError) as error:
        raise DataError(
            f"{path} is a damaged tar archive ({error}); expected a whole one; replace the file."
        ) from error
    missing = [name for name in names if name not in contents]
    if missing:
        raise DataError(
            f"{path} has no member {', '.join(missing)}; expected CIFAR-10's binary archive; "
            "replace the file."
        )
    return [contents[name] for name in names]


def _read_member(archive: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    stream = archive.extractfile(member)
    assert stream is not None  # it is a regular file
    return stream.read(MOST_BATCH_BYTES + 1)
