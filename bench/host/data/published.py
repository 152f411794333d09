"""Finds files that somebody published: the user's own, those in the cache, or downloads.

What is downloaded is put in its place only once its digest has been checked.
"""

import hashlib
import http.client
import os
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from bench.errors import DataError
from bench.host.cache import lock_entry
from bench.host.data.files import explain_unreadable
from bench.records.cache_folder import get_cache_folder

Content = TypeVar("Content")

DATA_VARIABLE = "SAMESTEP_DATA"
TIMEOUT_SECONDS = 20


def find_user_folder(name: str) -> Path | None:
    """Find the folder where the user has a data set, if anywhere, whether or not it is there."""
    parent = os.environ.get(DATA_VARIABLE)
    if not parent:
        return None
    if not os.path.isdir(parent):
        raise DataError(
            f"{DATA_VARIABLE} names {parent!r}, which is no folder that can be read; expected "
            f"the one that holds '{name}'; correct it, or unset it to download."
        )
    return Path(parent) / name


@dataclass(frozen=True)
class PublishedFile:
    """One of the published files, with the digest of its bytes."""

    name: str
    sha256: str


@dataclass(frozen=True)
class Publication:
    """The published files of a data set.

    Attributes:
        title: name of the data set in messages.
        folder: folder of the files, below the user's data folder and in the cache.
        files: words for all of them in messages.
        mirrors: addresses that the name of a file completes, tried in order.
        most_bytes: size above which a download is refused.
    """

    title: str
    folder: str
    files: str
    mirrors: tuple[str, ...]
    most_bytes: int

    def read(self, file: PublishedFile, read: Callable[[Path], Content]) -> Content:
        """Find a file, check its bytes, and read it."""
        path = self.find(file)
        self.check(path, file, read)
        return read(path)

    def find(self, file: PublishedFile) -> Path:
        """Find a file in the user's data folder, else in the cache, downloaded if need be."""
        folder = find_user_folder(self.folder)
        # os.path: it says False, and does not raise, where the folder may not be searched.
        if folder and os.path.isfile(folder / file.name):
            return folder / file.name
        cached = get_cache_folder() / "downloads" / self.folder / file.name
        with lock_entry(cached):
            if not cached.exists():
                self._download(file, cached, folder)
        return cached

    def check(self, path: Path, file: PublishedFile, inspect: Callable[[Path], object]) -> None:
        """Check that the bytes of `path` are those of a published file.

        Args:
            inspect: reads a file of that kind; its DataError says what is wrong with other bytes.
        """
        expected = f"expected {self.title}'s {file.name}; check its permissions."
        with explain_unreadable(path, expected):
            sha256 = _hash_file(path)
        if sha256 == file.sha256:
            return
        try:
            inspect(path)
        except DataError as error:
            raise DataError(f"{error} (It is not the published {file.name}.)") from error
        raise DataError(
            f"{path} has the SHA-256 {sha256}; expected {file.sha256}, the published {file.name}; "
            "replace the file."
        )

    def _download(self, file: PublishedFile, target: Path, folder: Path | None) -> None:
        """Fetch `target` from the first mirror that has the right bytes."""
        problems = []
        target.parent.mkdir(parents=True, exist_ok=True)
        # Of processes that were killed: whoever downloads holds the target's lock.
        for abandoned in target.parent.glob(f"{target.name}.*.part"):
            abandoned.unlink(missing_ok=True)
        for mirror in self.mirrors:
            url, partial = mirror + file.name, target.with_name(f"{target.name}.{os.getpid()}.part")
            try:
                _fetch(url, partial, self.most_bytes)
                actual = _hash_file(partial)
                if actual == file.sha256:
                    partial.replace(target)
                    return
                problems.append(f"{url}: SHA-256 {actual[:12]}… instead of {file.sha256[:12]}…")
            except (http.client.HTTPException, OSError, DataError) as error:
                problems.append(f"{url}: {error}")
            finally:
                partial.unlink(missing_ok=True)
        lack = f"{str(folder.parent)!r} has no {self.folder}/{file.name}; " if folder else ""
        raise DataError(
            f"{self.title}'s {file.name} could not be downloaded ({'; '.join(problems)}); {lack}"
            f"put {self.files} into a folder '{self.folder}' and name its parent in "
            f"{DATA_VARIABLE}, or run again with a network."
        )


def _hash_file(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


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
