"""The packages that a run and its report need, and those that they can do without.

Standard library only: what is missing is named before anything else is imported.
`docs/guides/own-interpreters.md` lists both for users.
"""

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec

from bench.errors import SamestepError

# As pip knows them, by what Python imports.
FOR_REPORTS = {name: name for name in ("jinja2", "msgspec", "numpy", "pandas", "scipy", "seaborn")}
# A run ends with its report.
FOR_RUNS = FOR_REPORTS | {
    "filelock": "filelock",
    "packaging": "packaging",
    "PIL": "pillow",
    "pytest": "pytest",
    "pytest_benchmark": "pytest-benchmark",
    "rich": "rich",
}


@dataclass(frozen=True)
class Package:
    """A package that may be missing.

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
    Package("nvidia-ml-py", "pynvml", "no GPU is looked for, and none is measured from outside"),
    Package("scikit-learn", "sklearn", "the data set digits cannot be made, which it brings"),
    Package("uv", "uv", "no environment can be made: each framework needs its --python"),
)


def require_packages(packages: Mapping[str, str], who: str) -> None:
    """End the process with one line that names every package that is missing.

    A traceback would name only the first. `who` begins the line.
    """
    missing = [package for module, package in packages.items() if find_spec(module) is None]
    if missing:
        print(
            f"{who}: {sys.executable} does not have {', '.join(missing)}; install what is missing "
            f"(pip install {' '.join(missing)}), or use tox, which does.",
            file=sys.stderr,
        )
        sys.exit(2)


def find_missing_optional() -> list[Package]:
    """List the optional packages that this Python does not have."""
    return [package for package in OPTIONAL if find_spec(package.module) is None]


@contextmanager
def explain_if_missing(
    module: str, what: str, instead: str, kind: type[SamestepError]
) -> Iterator[None]:
    """Turn a failed import of an optional package into one sentence.

    Args:
        module: one of OPTIONAL, imported inside.
        what: needs it: the subject of the sentence.
        instead: what to do else than install it.
        kind: of the error.

    Raises:
        SamestepError: the package is missing.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        if error.name != module:
            raise
        (package,) = (package for package in OPTIONAL if package.module == module)
        raise kind(
            f"{what} needs the package {package.name}, which {sys.executable} does not have; "
            f"install it (pip install {package.name}), or {instead}."
        ) from error
