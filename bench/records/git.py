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


def read_git(*arguments: str) -> str | None:
    """Return what git prints; None where it fails, or there is no git."""
    try:
        finished = run_git(*arguments)
    except OSError:
        return None
    return finished.stdout.strip() if finished.returncode == 0 else None


def find_commit(revision: str) -> str | None:
    """Find the commit that git means by a name such as HEAD~1; None for no commit, or no git."""
    return read_git(*to_query(revision))


def to_query(revision: str) -> tuple[str, ...]:
    """Return the arguments that make git print the commit which a name such as HEAD~1 means."""
    return ("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
