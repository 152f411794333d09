"""Identifies a measurement by what is installed in an environment and by the code that runs."""

import subprocess
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from bench.errors import InterpreterError
from bench.host.environments.preparation import Environment
from bench.protocol.digests import hash_text

SOURCES = ("*.py", "*.toml", "*.txt")


def describe_installation(environment: Environment) -> str:
    """Describe what is installed; one of our environments is named after the digest of its pins.

    Raises:
        InterpreterError: the user's own interpreter does not tell.
    """
    if not environment.given:
        return environment.python.parents[1].name
    return _list_distributions(environment.python)


def hash_sources(path: Path) -> str:
    """Hash a source file, or all that lie in a folder, with their names."""
    files = [path] if path.is_file() else [file for kind in SOURCES for file in path.glob(kind)]
    return _hash_files(path.parent if path.is_file() else path, files)


def hash_source_tree(folder: Path) -> str:
    """Hash all source files in a folder and below, with their paths."""
    return _hash_files(folder, [file for kind in SOURCES for file in folder.rglob(kind)])


def _hash_files(folder: Path, files: Iterable[Path]) -> str:
    # A user's own source may be in another encoding, which its first lines declare.
    texts = ((file, file.read_text("utf-8", "backslashreplace")) for file in sorted(files))
    return hash_text(
        "\0".join(f"{file.relative_to(folder).as_posix()}\n{text}" for file, text in texts)
    )


@cache
def _list_distributions(python: Path) -> str:
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
