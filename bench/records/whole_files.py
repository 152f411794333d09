"""Files that are whole or not there. Standard library only."""

import os
from contextlib import suppress
from pathlib import Path


def write_whole(path: Path, content: bytes, flushed: bool = False) -> None:
    """Write a file in one go: a reader sees the old one or all of the new one.

    A link stays, and leads to the new file. A pipe or a device, such as /dev/stdout, takes the
    content, and is not replaced.

    Args:
        flushed: whether it is on the disk when this returns.

    Raises:
        OSError: it cannot be written; what was there stays.
    """
    if path.exists() and not path.is_file():
        path.write_bytes(content)
        return
    path = Path(os.path.realpath(path))
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("wb") as stream:
            stream.write(content)
            stream.flush()
            if flushed:
                os.fsync(stream.fileno())
        os.replace(temporary, path)
    except OSError:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise
