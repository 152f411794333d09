"""Where everything is kept that runs share. Standard library only."""

import os
import tempfile
from pathlib import Path


def get_cache_folder() -> Path:
    """`SAMESTEP_CACHE`, else `samestep` in the user's cache folder (XDG base directories).

    Where that cannot be, in a home that is missing or cannot be written, it is a folder of the
    user's own among the temporary files, which may be gone after a restart.
    """
    if chosen := os.environ.get("SAMESTEP_CACHE"):
        return Path(chosen).absolute()
    return _find_home_cache() or Path(tempfile.gettempdir()) / f"samestep-{os.getuid()}"


def uses_home_cache() -> bool:
    """Tell whether the cache is in the user's own cache folder, beside those of other programs."""
    return not os.environ.get("SAMESTEP_CACHE") and _find_home_cache() is not None


def _find_home_cache() -> Path | None:
    folder = _find_user_cache()
    return folder / "samestep" if folder and _may_be_made(folder / "samestep") else None


def _find_user_cache() -> Path | None:
    if base := os.environ.get("XDG_CACHE_HOME"):
        return Path(base)
    try:
        return Path.home() / ".cache"
    except RuntimeError:  # neither HOME nor an entry in passwd
        return None


def _may_be_made(folder: Path) -> bool:
    """Whether the folder is there, or can be made, and can be written."""
    place = folder
    while not os.path.lexists(place) and place != place.parent:
        place = place.parent
    return place.is_dir() and os.access(place, os.W_OK | os.X_OK)
