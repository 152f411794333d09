"""Files that are whole or not there."""

import os
import sys
from pathlib import Path

from bench.errors import ResultsError
from bench.records.whole_files import write_whole


def write(path: Path, text: str) -> None:
    """Write a text file in one go: a reader sees the old file or all of the new one.

    Raises:
        ResultsError: the file cannot be written; what was there before is untouched.
    """
    write_bytes(path, encode(text))


def encode(text: str) -> bytes:
    """Text as UTF-8; a record can hold half a surrogate pair, which no encoding has."""
    return text.encode("utf-8", errors="replace")


def drop_surrogates(text: str) -> str:
    """The text that `encode` writes."""
    return encode(text).decode()


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file that is not text in one go, as `write` does.

    Raises:
        ResultsError: as `write`.
    """
    try:
        write_whole(path, content)
    except OSError as error:
        raise ResultsError(
            f"{str(path)!r} cannot be written ({error.strerror}); expected a file in a folder "
            "that exists and can be written to; name another one."
        ) from error


def tell(line: str) -> None:
    """Write a line to standard output, as `show` does."""
    show(f"{line}\n".encode(sys.stdout.encoding, errors="replace"))


def show(content: bytes) -> None:
    """Write to standard output, as bytes: its encoding may not be UTF-8.

    Raises:
        ResultsError: it cannot be written to.
    """
    try:
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
    except OSError as error:
        # What is left in the buffer would be tried again at the end, and fail again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise ResultsError(
            f"Standard output cannot be written ({error.strerror}); expected a pipe or file that "
            "takes all of it; name a file with --output."
        ) from error
