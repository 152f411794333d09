"""The real frameworks, in the environments of the user's cache."""

import subprocess
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from bench.errors import UnavailableError
from bench.host.environments.preparation import Environment, prepare_environment
from bench.host.frameworks.framework import Framework, discover
from bench.host.frameworks.setup import build_worker_environment
from bench.host.verify.verifier import Verifier
from tests.conftest import unavailable
from tests.impls.forking import ForkingExecutor, Zygotes, zygotes
from tests.impls.planting import THREADS, SharingVerifier

# By framework.
Environments = dict[str, Environment | UnavailableError]
# Runs a program in a framework's interpreter.
RunProgram = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="session", name="zygotes")
def _zygotes() -> Iterator[Zygotes]:
    """One process for each framework and its variables, of which workers are forks."""
    with zygotes() as found:
        yield found


@pytest.fixture(scope="session")
def environments() -> Environments:
    """From the user's cache: made before a test gets an empty one of its own."""
    return {name: _environment(framework) for name, framework in discover().items()}


def _environment(framework: Framework) -> Environment | UnavailableError:
    try:
        return prepare_environment(framework, "cpu", {}, lambda text: None)
    except UnavailableError as error:
        return error


@pytest.fixture(scope="session")
def references(common_folder: Path) -> Path:
    """The folder of what the reference records, once for all processes of this run of the tests."""
    folder = common_folder / "references"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def verifier(
    environments: Environments,
    zygotes: Zygotes,
    references: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Verifier:
    """One for all: the reference of a model is recorded once."""
    usable = {name: found for name, found in environments.items() if isinstance(found, Environment)}
    scratch = tmp_path_factory.mktemp("scratch")
    executor = ForkingExecutor(zygotes)
    return SharingVerifier(
        usable,
        THREADS,
        scratch,
        stop_at_difference=True,
        executor=executor,
        references=references,
    )


@pytest.fixture
def run_program(environments: Environments, zygotes: Zygotes) -> RunProgram:
    """Runs a program in a framework's interpreter, with its standard input and these variables."""

    def run(
        name: str, program: str, *arguments: str, variables: Mapping[str, str], text: str = ""
    ) -> subprocess.CompletedProcess[str]:
        command = [str(find_environment(environments, name).python), "-P", "-c", program]
        environment = build_worker_environment(variables, "cpu")
        finished = subprocess.run(
            zygotes.to_command([*command, *arguments], environment),
            input=text,
            capture_output=True,
            text=True,
            check=False,
        )
        assert finished.returncode == 0, finished.stderr
        return finished

    return run


def find_environment(environments: Environments, name: str) -> Environment:
    """Skip a test whose framework cannot be had here."""
    found = environments[name]
    if isinstance(found, UnavailableError):
        unavailable(str(found))
    return found
