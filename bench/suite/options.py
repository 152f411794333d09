"""Our options, for pytest to know before it looks at any path: `-p bench.suite.options`.

Without this, pytest first takes the folder in `--results FOLDER` for one of tests, and would run a
conftest.py in it, or fail where the folder cannot be read.
"""

import pytest

from bench.host.planning.request import add_options


def pytest_addoption(parser: pytest.Parser) -> None:
    add_options(parser.getgroup("samestep", "samestep: what to benchmark").addoption)
