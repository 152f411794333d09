"""Asks git about the checkout that this code lies in. Standard library only."""

import os
import subprocess
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).parents[2]
OUTSIDE = "outside a checkout"
DIRTY = "-dirty"
# What Python imports from a folder.
MODULES = (".py", ".pyc", ".so")
# For questions alone: the checkout may be another user's, as in a container, and on a read-only
# disk; nothing of it is run or written. Modes of files differ between file systems, and mean
# nothing here.
QUESTION = (
    *("--no-optional-locks", "-c", "safe.directory=*"),
    *("-c", "core.fsmonitor=false", "-c", "core.fileMode=false"),
)


class UnknownCommitError(Exception):
    """Why nobody knows the checkout's commit, in a few words."""


def run_git(*arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run git in the checkout; return what it printed and how it ended.

    Raises:
        OSError: there is no git.
    """
    # A hook of another repository, which may have started this, has variables that name that one.
    variables = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("GIT_") or name.startswith(("GIT_CONFIG", "GIT_EXEC_PATH"))
    }
    return subprocess.run(
        ["git", *arguments],
        cwd=ROOT,
        env=variables,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="surrogateescape",
        check=False,
    )


def find_commit(revision: str) -> str | None:
    """Find the commit that git means by a name such as HEAD~1; None for no commit, or no git."""
    try:
        return _ask(*to_query(revision))
    except UnknownCommitError:
        return None


def to_query(revision: str) -> tuple[str, ...]:
    """Return the arguments that make git print the commit which a name such as HEAD~1 means."""
    return ("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")


def identify_checkout(imported: Iterable[Path] = ()) -> str:
    """Identify what runs: the commit, with `-dirty` where it is not what that commit holds.

    Files count that git tracks, and those that a worker can import. Results, stores and notes that
    lie in the checkout do not, whatever the user's own settings of git say.

    Args:
        imported: further folders that workers import from.

    Raises:
        UnknownCommitError: it lies outside a checkout, or git does not tell.
    """
    if not (ROOT / ".git").exists():
        raise UnknownCommitError(OUTSIDE)
    # A copy of the project inside another repository is not at that one's commit.
    if Path(_ask("rev-parse", "--show-toplevel")).resolve() != ROOT.resolve():
        raise UnknownCommitError(OUTSIDE)
    commit = _ask("rev-parse", "HEAD")
    tracked = _ask("status", "--porcelain", "--untracked-files=no", "--ignore-submodules=none")
    # By the project's own .gitignore alone; a folder that nothing is tracked of is one entry.
    rules = ("--exclude-per-directory=.gitignore", "--directory")
    untracked = _ask("ls-files", "--others", *rules, "-z")
    packages = [path.parent for path in ROOT.glob("*/__init__.py")]
    entries = [ROOT / name for name in untracked.split("\0") if name]
    # What is new in a package is no package of its own.
    packages = [path for path in packages if path not in entries] + [*imported]
    dirty = tracked or any(_adds_modules(entry, packages) for entry in entries)
    return commit + DIRTY if dirty else commit


def _adds_modules(entry: Path, packages: Iterable[Path]) -> bool:
    """Tell whether workers, who have the checkout on their path, may import an untracked entry."""
    for package in packages:
        if entry.is_relative_to(package) and _holds_modules(entry):
            return True
        if package.is_relative_to(entry) and _holds_modules(package):
            return True
    if entry.parent != ROOT:
        return False
    return any(
        path.suffix in MODULES for path in (entry.glob("__init__.*") if entry.is_dir() else [entry])
    )


def _holds_modules(path: Path) -> bool:
    files = path.rglob("*") if path.is_dir() else [path]
    return any(file.suffix in MODULES for file in files)


def _ask(*arguments: str) -> str:
    try:
        finished = run_git(*QUESTION, *arguments)
    except OSError as error:
        raise UnknownCommitError(f"git cannot be started: {error.strerror}; install it") from error
    if finished.returncode != 0:
        words = " ".join(finished.stderr.split()).rstrip(".")
        raise UnknownCommitError(f"git does not tell: {words or 'it gave no reason'}")
    return finished.stdout.strip()
