"""Opens files for the readers of data sets; whatever is wrong with them is one line."""

import gzip
import zlib
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from bench.errors import DataError, explain_os_error


def explain_unreadable(where: object, expected: str) -> AbstractContextManager[None]:
    """Turn an OSError into a DataError that says what was expected where, and what to do."""
    return explain_os_error(DataError, f"{where} cannot be read", expected)


@contextmanager
def open_gzip(path: Path, expected: str) -> Iterator[gzip.GzipFile]:
    """Open the unpacked bytes of a gzip file as a stream.

    Nobody knows how long it is: read no more of it than there may be.

    Args:
        expected: words for the right kind of file, such as "a gzipped IDX file".

    Raises:
        DataError: here or at any later read, the file cannot be read or is damaged.
    """
    with explain_unreadable(path, f"expected {expected}; check it."):
        try:
            with gzip.open(path, "rb") as stream:
                yield stream
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise DataError(
                f"{path} is a damaged gzip file ({error}); expected a whole one; replace the file."
            ) from error
