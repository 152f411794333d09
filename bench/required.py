"""What a run and its report need, looked for before anything is imported. Standard library only.

What they can do without is in `bench.optional`; `docs/guides/own-interpreters.md` names both.
"""

import sys
from collections.abc import Mapping
from importlib.util import find_spec

# As pip knows them, by what Python imports.
FOR_REPORTS = {
    "jinja2": "jinja2",
    "numpy": "numpy",
    "pandas": "pandas",
    "scipy": "scipy",
    "seaborn": "seaborn",
}
# A run ends with its report.
FOR_RUNS = FOR_REPORTS | {
    "filelock": "filelock",
    "packaging": "packaging",
    "PIL": "pillow",
    "pytest": "pytest",
    "pytest_benchmark": "pytest-benchmark",
    "rich": "rich",
}


def require(packages: Mapping[str, str], who: str) -> None:
    """End the process with one line where one of them is missing: a traceback would name one only.

    Args:
        who: says so.
    """
    missing = [package for module, package in packages.items() if find_spec(module) is None]
    if missing:
        print(
            f"{who}: {sys.executable} does not have {', '.join(missing)}; install what is missing "
            f"(pip install {' '.join(missing)}), or use tox, which does.",
            file=sys.stderr,
        )
        sys.exit(2)
