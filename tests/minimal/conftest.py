"""This Python with what a run and its report need, and nothing else: the rest is hidden."""

import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from importlib.metadata import PackageNotFoundError, packages_distributions, requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from bench.dependencies import OPTIONAL
from tests.bench.suite.conftest import NUMPY_OPTIONS
from tests.conftest import ROOT

# What Python imports at its start: it hides modules and their distributions from all that follows.
SITE = """
import re
import sys

MODULES, DISTRIBUTIONS = {modules!r}, {distributions!r}


class Without:
    def __init__(self, finder):
        self._finder = finder

    def __getattr__(self, name):
        return getattr(self._finder, name)

    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in MODULES:
            return None
        return self._finder.find_spec(name, path, target)

    def find_distributions(self, *context):
        find = getattr(self._finder, "find_distributions", lambda *_: ())
        for one in find(*context):
            if re.sub(r"[-_.]+", "-", one.metadata["Name"]).lower() not in DISTRIBUTIONS:
                yield one


sys.meta_path[:] = map(Without, sys.meta_path)
"""
PLAN = """
description = "on what any machine has"
block_seconds = 0.005
[[trials]]
models = ["lenet"]
datasets = ["synthetic-1x28x28-10-512"]
batch_sizes = [32]
epochs = 2
repeats = 2
[trials.optimizer]
name = "sgd"
learning_rate = 0.02
momentum = 0.9
"""

Minimal = Callable[..., subprocess.CompletedProcess[str]]


def core() -> set[str]:
    """The distributions that a run and its report need, with what those need."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = {canonicalize_name(Requirement(text).name) for text in project["dependencies"]}
    optional = {canonicalize_name(package.name) for package in OPTIONAL}
    assert optional <= wanted
    found: set[str] = set()
    waiting: list[str] = list(wanted - optional)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += needs(name)
    return found


def needs(name: str) -> Iterator[str]:
    """What a distribution needs here, without any of its extras."""
    try:
        listed = requires(name) or []
    except PackageNotFoundError:  # what only another system needs
        return
    for one in map(Requirement, listed):
        if one.marker is None or one.marker.evaluate({"extra": ""}):
            yield canonicalize_name(one.name)


def hidden() -> tuple[set[str], set[str]]:
    """The modules and the distributions that are no part of `core`."""
    kept = core()
    modules: set[str] = set()
    distributions: set[str] = set()
    for module, owners in packages_distributions().items():
        names: set[str] = {canonicalize_name(name) for name in owners}
        distributions |= names - kept
        if not names & kept:
            modules.add(module)
    return modules, distributions


@pytest.fixture(scope="session")
def minimal(tmp_path_factory: pytest.TempPathFactory) -> Minimal:
    """Runs that Python, without a network where that can be arranged."""
    folder = tmp_path_factory.mktemp("minimal")
    modules, distributions = hidden()
    assert {package.module for package in OPTIONAL} <= modules
    site = SITE.format(modules=modules, distributions=distributions)
    (folder / "sitecustomize.py").write_text(site)
    before = offline()

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*before, sys.executable, *arguments],
            cwd=ROOT,
            env={
                **os.environ,
                "PYTHONPATH": str(folder),
                "SAMESTEP_CACHE": str(folder / "cache"),
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )

    return run


def offline() -> list[str]:
    """What comes before a command that shall have no network; nothing where that takes root."""
    command = ["unshare", "--net"]
    if shutil.which(command[0]) is None:
        return []
    tried = subprocess.run([*command, "true"], capture_output=True, check=False)
    return command if tried.returncode == 0 else []


@pytest.fixture(scope="session")
def ended(
    minimal: Minimal, tmp_path_factory: pytest.TempPathFactory
) -> tuple[subprocess.CompletedProcess[str], Path]:
    """A run there, verified and with what the machine attains, and the folder of its results."""
    folder = tmp_path_factory.mktemp("run")
    plan = folder / "plan.toml"
    plan.write_text(PLAN)
    options = (f"--plan={plan}", f"--results={folder / 'results'}", *NUMPY_OPTIONS)
    command = ("-m", "pytest", "bench/suite", "-p", "no:cacheprovider")
    return minimal(*command, *options), folder / "results"
