"""Files that somebody published: found in the user's data folder or in the cache, or downloaded."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bench.errors import DataError
from bench.host.cache import get_cache_folder, lock_entry
from bench.host.data.download import download, hash_file

DATA_VARIABLE = "SAMESTEP_DATA"


def find_user_folder(name: str) -> Path | None:
    """Where the user has the files of a data set if anywhere, whether or not it is there.

    Raises:
        DataError: the variable names no folder.
    """
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
class Publication:
    """The published files of a data set.

    Attributes:
        title: what messages call it.
        folder: where they are, below the user's data folder and in the cache.
        files: what messages call all of them.
        mirrors: addresses that the name of a file completes, tried in order.
        most_bytes: a longer download is refused.
    """

    title: str
    folder: str
    files: str
    mirrors: tuple[str, ...]
    most_bytes: int

    def find(self, name: str, sha256: str) -> Path:
        """The file in the user's data folder, else in the cache, downloaded if need be.

        Raises:
            DataError: it is nowhere and cannot be downloaded.
        """
        folder = find_user_folder(self.folder)
        # os.path: it says False, and does not raise, where the folder may not be searched.
        if folder and os.path.isfile(folder / name):
            return folder / name
        cached = get_cache_folder() / "downloads" / self.folder / name
        with lock_entry(cached):
            if not cached.exists():
                self._download(name, sha256, cached, folder)
        return cached

    def check(self, path: Path, name: str, sha256: str, inspect: Callable[[Path], object]) -> Path:
        """`path`, whose bytes are those of the published file `name`.

        Args:
            path: the file.
            name: what it is called in the publication.
            sha256: of the published bytes.
            inspect: reads a file of that kind; its DataError says what is wrong with other bytes.

        Raises:
            DataError: they are not; says what is wrong with them where it can tell.
        """
        try:
            found = hash_file(path)
        except OSError as error:
            raise DataError(
                f"{path} cannot be read ({error.strerror}); expected {self.title}'s {name}; check "
                "its permissions."
            ) from error
        if found == sha256:
            return path
        try:
            inspect(path)
        except DataError as error:
            raise DataError(f"{error} (It is not the published {name}.)") from error
        raise DataError(
            f"{path} has the SHA-256 {found}; expected {sha256}, the published {name}; replace "
            "the file."
        )

    def _download(self, name: str, sha256: str, target: Path, folder: Path | None) -> None:
        try:
            download([mirror + name for mirror in self.mirrors], target, sha256, self.most_bytes)
        except DataError as error:
            known = f"{str(folder.parent)!r} has no {self.folder}/{name}; " if folder else ""
            raise DataError(
                f"{self.title}'s {error}; {known}put {self.files} into a folder '{self.folder}' "
                f"and name its parent in {DATA_VARIABLE}, or run again with a network."
            ) from error
