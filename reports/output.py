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
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        # A record can hold half a surrogate pair, which no encoding has.
        temporary.write_bytes(text.encode("utf-8", errors="replace"))
        os.replace(temporary, path)
    except OSError as error:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise ResultsError(
            f"{str(path)!r} cannot be written ({error.strerror}); expected a file in a folder "
            "that exists and can be written to; name another one."
        ) from error
