"""Downloads a file, checks its digest, and only then puts it in its place."""

import hashlib
import http.client
import os
import urllib.request
from collections.abc import Sequence
from pathlib import Path

from bench.errors import DataError

TIMEOUT_SECONDS = 20


def hash_file(path: Path) -> str:
    """Compute the SHA-256 of a file's bytes."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def download(urls: Sequence[str], target: Path, sha256: str, most_bytes: int) -> None:
    """Fetch `target` from the first of `urls` that has the right bytes.

    Raises:
        DataError: none of them has; names what each of them said.
    """
    problems = []
    target.parent.mkdir(parents=True, exist_ok=True)
    # Of processes that were killed: whoever downloads holds the target's lock.
    for abandoned in target.parent.glob(f"{target.name}.*.part"):
        abandoned.unlink(missing_ok=True)
    for url in urls:
        partial = target.with_name(f"{target.name}.{os.getpid()}.part")
        try:
            _fetch(url, partial, most_bytes)
            actual = hash_file(partial)
            if actual == sha256:
                partial.replace(target)
                return
            problems.append(f"{url}: SHA-256 {actual[:12]}… instead of {sha256[:12]}…")
        except (http.client.HTTPException, OSError, DataError) as error:
            problems.append(f"{url}: {error}")
        finally:
            partial.unlink(missing_ok=True)
    raise DataError(f"{target.name} could not be downloaded ({'; '.join(problems)})")


def _fetch(url: str, partial: Path, most_bytes: int) -> None:
    with _opener().open(url, timeout=TIMEOUT_SECONDS) as answer, partial.open("wb") as stream:
        written = 0
        while chunk := answer.read(2**20):
            written += len(chunk)
            if written > most_bytes:
                raise DataError(f"more than {most_bytes:,} bytes")
            stream.write(chunk)


def _opener() -> urllib.request.OpenerDirector:
    # HTTPS alone: no redirection leads to a file, or to what anyone can read and change.
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(),
        urllib.request.HTTPSHandler(),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.HTTPRedirectHandler(),
        urllib.request.HTTPErrorProcessor(),
        urllib.request.UnknownHandler(),
    ):
        opener.add_handler(handler)
    return opener
