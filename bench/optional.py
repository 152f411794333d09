"""What a run and its report can do without: one list. Standard library only.

Everything else in pyproject.toml's dependencies is needed; `docs/guides/own-interpreters.md`
names it.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec

from bench.errors import SamestepError


@dataclass(frozen=True)
class Package:
    """One that may be missing.

    Attributes:
        name: as pip knows it.
        module: as Python imports it.
        without: what is different where it is missing.
    """

    name: str
    module: str
    without: str


OPTIONAL = (
    Package(
        "fastparquet",
        "fastparquet",
        "the format parquet cannot be exported; csv has the same table",
    ),
    Package("msgspec", "msgspec", "records are read as exactly, but more slowly"),
    Package("nvidia-ml-py", "pynvml", "no GPU is looked for, and none is measured from outside"),
    Package("scikit-learn", "sklearn", "the data set digits cannot be made, which it brings"),
    Package("uv", "uv", "no environment can be made: each framework needs its --python"),
)


def missing() -> list[Package]:
    """Those that this Python does not have."""
    return [package for package in OPTIONAL if find_spec(package.module) is None]


@contextmanager
def needed(module: str, what: str, instead: str, kind: type[SamestepError]) -> Iterator[None]:
    """Around an import of a module of OPTIONAL.

    Args:
        what: needs it: the subject of the sentence.
        instead: what to do else than install it.

    Raises:
        SamestepError: of this kind, where the package is missing.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        (package,) = (one for one in OPTIONAL if one.module == module)
        if error.name != module:
            raise
        raise kind(
            f"{what} needs the package {package.name}, which {sys.executable} does not have; "
            f"install it (pip install {package.name}), or {instead}."
        ) from error
