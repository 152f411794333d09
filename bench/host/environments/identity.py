"""What identifies a measurement: what is installed in an environment, and the code that runs."""

import subprocess
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

from bench.errors import InterpreterError
from bench.host.environments.preparation import Environment
from bench.protocol.digests import hash_text

SOURCES = ("*.py", "*.toml", "*.txt")


def describe_installation(environment: Environment) -> str:
    """What is installed: an environment of ours is named after the digest of its pins.

    Raises:
        InterpreterError: the user's own interpreter does not say it.
    """
    if not environment.given:
        return environment.python.parents[1].name
    return _installed(environment.python)


def hash_sources(path: Path) -> str:
    """Digest of a source file, or of all that lie in a folder, with their names."""
    files = [path] if path.is_file() else sorted(_files(path, SOURCES))
    return _digest((file.name, file) for file in files)


def hash_source_tree(folder: Path) -> str:
    """Digest of all source files in a folder and below, with their paths."""
    files = (path for pattern in SOURCES for path in folder.rglob(pattern))
    return _digest((path.relative_to(folder).as_posix(), path) for path in sorted(files))


def _digest(files: Iterable[tuple[str, Path]]) -> str:
    return hash_text("\0".join(f"{name}\n{path.read_text('utf-8')}" for name, path in files))


def _files(folder: Path, patterns: Iterable[str]) -> Iterator[Path]:
    for pattern in patterns:
        yield from folder.glob(pattern)


@cache
def _installed(python: Path) -> str:
    """Names and versions of all distributions of an interpreter."""
    program = (
        "import importlib.metadata as m, sys; print(sys.version, *sorted("
        "f'{d.name}=={d.version}' for d in m.distributions()))"
    )
    try:
        finished = subprocess.run(
            [str(python), "-c", program],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError) as error:
        raise InterpreterError(
            f"{python} does not say what is installed in it ({error}); expected a Python that "
            "starts; check it."
        ) from error
    return finished.stdout
