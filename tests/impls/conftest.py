"""The real frameworks, in the environments of the user's cache."""

import pytest

from bench.errors import UnavailableError
from bench.host.environments.preparation import Environment, prepare_environment
from bench.host.frameworks.framework import Framework, discover
from bench.host.verify.verifier import Verifier
from tests.conftest import unavailable
from tests.impls.planting import THREADS

# By framework.
Environments = dict[str, Environment | UnavailableError]


@pytest.fixture(scope="module")
def environments() -> Environments:
    """From the user's cache: made before a test gets an empty one of its own."""
    return {name: _environment(framework) for name, framework in discover().items()}


def _environment(framework: Framework) -> Environment | UnavailableError:
    try:
        return prepare_environment(framework, "cpu", {}, lambda text: None)
    except UnavailableError as error:
        return error


@pytest.fixture(scope="module")
def verifier(environments: Environments, tmp_path_factory: pytest.TempPathFactory) -> Verifier:
    """One for all: the reference of a model is recorded once."""
    usable = {name: found for name, found in environments.items() if isinstance(found, Environment)}
    return Verifier(usable, THREADS, tmp_path_factory.mktemp("scratch"), stop_at_difference=True)


def available(environments: Environments, name: str) -> None:
    """Skip a test whose framework cannot be had here."""
    found = environments[name]
    if isinstance(found, UnavailableError):
        unavailable(str(found))
