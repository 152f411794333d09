"""Files that are whole or not there."""

import os
from contextlib import suppress
from pathlib import Path

from bench.errors import ResultsError


def write(path: Path, text: str) -> None:
    """Write a text file in one go: a reader sees the old file or all of the new one.

    Raises:
        ResultsError: the file cannot be written; what was there before is untouched.
    """
    # A record can hold half a surrogate pair, which no encoding has.
    write_bytes(path, text.encode("utf-8", errors="replace"))


def write_bytes(path: Path, content: bytes) -> None:
    """The same of any file."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        temporary.write_bytes(content)
        os.replace(temporary, path)
    except OSError as error:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise ResultsError(
            f"{str(path)!r} cannot be written ({error.strerror}); expected a file in a folder "
            "that exists and can be written to; name another one."
        ) from error
