"""Where files lie that nobody wants after a run."""

import tempfile


def scratch_folder() -> "tempfile.TemporaryDirectory[str]":
    """A temporary folder for the files of one run."""
    return tempfile.TemporaryDirectory(prefix="samestep-")
