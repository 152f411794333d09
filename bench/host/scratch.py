"""Where files lie that nobody wants after a run."""

import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

PREFIX = "samestep-run-"
LOCK_FILE = ".lock"
# A folder that is younger may be one whose lock is about to be taken.
LEAST_AGE_SECONDS = 60


@contextmanager
def make_scratch_folder() -> Iterator[Path]:
    """A temporary folder for the files of one run.

    What runs that were killed have left is removed first: nobody holds their locks any more.
    """
    _remove_abandoned(Path(tempfile.gettempdir()))
    with tempfile.TemporaryDirectory(prefix=PREFIX) as folder, FileLock(Path(folder) / LOCK_FILE):
        yield Path(folder).resolve()


def _remove_abandoned(parent: Path) -> None:
    for lock in parent.glob(f"{PREFIX}*/{LOCK_FILE}"):
        # Other users' folders, and those that another run removes meanwhile.
        with suppress(OSError, Timeout):
            # A file's age is by the clock on the wall, which is all that files know.
            if time.time() - lock.stat().st_mtime < LEAST_AGE_SECONDS:  # noqa: TID251
                continue
            with FileLock(lock, blocking=False):
                shutil.rmtree(lock.parent)
