"""Asks git about the checkout that this code lies in. Standard library only."""

import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]


def run_git(*arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run git in the checkout; return what it printed and how it ended.

    Raises:
        OSError: there is no git.
    """
    return subprocess.run(
        ["git", *arguments],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def naming(revision: str) -> tuple[str, ...]:
    """The arguments that make git print the commit which a name such as HEAD~1 means."""
    return ("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
