"""Where environments and prepared data are kept between runs, and other files during one."""

import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from bench.errors import ResultsError, explain_os_error
from bench.records.cache_folder import get_cache_folder

SCRATCH_PREFIX = "samestep-run-"
SCRATCH_LOCK = ".lock"
# A folder that is younger may be one whose lock is about to be taken.
LEAST_AGE_SECONDS = 60


def make_worker_home() -> Path:
    """Make the folder that workers have for their home.

    What frameworks find in the user's, such as Keras's keras.json and packages in ~/.local, would
    reach what is measured; and some write there.

    Raises:
        ResultsError: the cache cannot be written.
    """
    home = get_cache_folder() / "home"
    with _explain_unwritable(home):
        home.mkdir(parents=True, exist_ok=True)
    return home


@contextmanager
def lock_entry(folder: Path) -> Iterator[None]:
    """Hold the lock of a cache entry while it is looked at or made.

    Raises:
        ResultsError: the cache cannot be written, now or by what is done under the lock.
    """
    with _explain_unwritable(folder), _lock(folder):
        yield


@contextmanager
def turn(name: str) -> Iterator[None]:
    """Wait until no other run with this cache does what is called `name`, and keep them waiting.

    Who has waited longest goes first: it holds the place before the door, which a run that has
    just come out has to pass again. Else that run, quick as it is, would be in before anybody.

    Raises:
        ResultsError: the cache cannot be written.
    """
    lock = get_cache_folder() / name
    with ExitStack() as stack:
        with _explain_unwritable(lock), _lock(get_cache_folder() / "next" / name):
            stack.enter_context(_lock(lock))
        yield


@contextmanager
def _lock(folder: Path) -> Iterator[None]:
    """A lock file beside `folder`; the operating system frees it when its process dies."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder.with_name(f"{folder.name}.lock"))
    try:
        lock.acquire(blocking=False)
    except Timeout:
        print(f"Waiting for another run ({folder.name}) ...", file=sys.stderr, flush=True)
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


def _explain_unwritable(folder: Path) -> AbstractContextManager[None]:
    return explain_os_error(
        ResultsError,
        f"The cache {str(folder)!r} cannot be written",
        "expected a folder of yours with room in it; free some, or name another in SAMESTEP_CACHE.",
    )


def remove(folder: Path) -> None:
    """Remove a cache entry, whole or half made, if it is there."""
    if folder.exists():
        shutil.rmtree(folder)


@contextmanager
def make_scratch_folder() -> Iterator[Path]:
    """Make a temporary folder for the files of one run.

    What runs that were killed have left is removed first: nobody holds their locks any more.
    """
    _remove_abandoned_scratch(Path(tempfile.gettempdir()))
    with (
        tempfile.TemporaryDirectory(prefix=SCRATCH_PREFIX) as folder,
        FileLock(Path(folder) / SCRATCH_LOCK),
    ):
        yield Path(folder).resolve()


def _remove_abandoned_scratch(parent: Path) -> None:
    for lock in parent.glob(f"{SCRATCH_PREFIX}*/{SCRATCH_LOCK}"):
        # Other users' folders, and those that another run removes meanwhile.
        with suppress(OSError, Timeout):
            # A file's age is by the clock on the wall, which is all that files know.
            if time.time() - lock.stat().st_mtime < LEAST_AGE_SECONDS:  # noqa: TID251
                continue
            with FileLock(lock, blocking=False):
                shutil.rmtree(lock.parent)
