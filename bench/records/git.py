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


def find_commit(revision: str) -> str | None:
    """Find the commit that git means by a name such as HEAD~1; None for no commit, or no git."""
    try:
        return run_git(*to_query(revision)).stdout.strip() or None
    except OSError:
        return None


def to_query(revision: str) -> tuple[str, ...]:
    """Return the arguments that make git print the commit which a name such as HEAD~1 means."""
    return ("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
