"""Finds files that somebody published: the user's own, those in the cache, or downloads."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from bench.errors import DataError
from bench.host.cache import get_cache_folder, lock_entry
from bench.host.data.download import download, hash_file
from bench.host.data.files import explain_unreadable

Content = TypeVar("Content")

DATA_VARIABLE = "SAMESTEP_DATA"


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
            sha256 = hash_file(path)
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
        urls = [mirror + file.name for mirror in self.mirrors]
        try:
            download(urls, target, file.sha256, self.most_bytes)
        except DataError as error:
            lack = f"{str(folder.parent)!r} has no {self.folder}/{file.name}; " if folder else ""
            raise DataError(
                f"{self.title}'s {error}; {lack}put {self.files} into a folder '{self.folder}' "
                f"and name its parent in {DATA_VARIABLE}, or run again with a network."
            ) from error
