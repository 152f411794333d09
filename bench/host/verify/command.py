"""`python -m bench verify`: prepares what cells need and verifies them."""

import argparse
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.errors import InterpreterError, PlanError, UnavailableError
from bench.host.environments import Environment, Say, prepare_environment
from bench.host.frameworks import Framework, discover
from bench.host.machine import default_threads
from bench.host.plan import choose_frameworks
from bench.host.request import Request, add_framework_options, read_framework_request
from bench.host.session import scratch_folder
from bench.host.verify.cells import Cell, choose_cells
from bench.host.verify.certification import Certification
from bench.host.verify.verifier import Verifier


def add_verify_options(add: Callable[..., Any]) -> None:
    """Declare the options of the command."""
    add_framework_options(add)
    for name, what in (("models", "models"), ("modes", "modes (eager, compiled)")):
        add(
            f"--{name}",
            default="",
            metavar="NAMES",
            help=f"{what} to verify, separated by commas (default: all)",
        )
    add(
        "--fresh",
        action="store_true",
        help="verify anew, also what has not changed since it was verified",
    )


@dataclass(frozen=True)
class Verification:
    """What a request comes to."""

    request: Request
    cells: tuple[Cell, ...]
    fresh: bool

    @property
    def threads(self) -> int:
        """For every framework alike."""
        return self.request.threads or default_threads()


def read_verification(options: argparse.Namespace) -> Verification:
    """The cells that a user asks for.

    Raises:
        FrameworkError, InterpreterError, PlanError: something named does not exist.
    """
    request = read_framework_request(lambda name: getattr(options, name))
    known = discover(request.implementations)
    for name in request.pythons or {}:
        if name not in known:
            raise InterpreterError(
                f"--python {name}=...: there is no framework {name!r}; expected one of "
                f"{', '.join(known)}."
            )
    frameworks = choose_frameworks(known, request.frameworks)
    cells = choose_cells(
        frameworks, _names("models", options), _names("modes", options), request.device
    )
    if not cells:
        raise PlanError(
            f"{', '.join(frameworks)} implement none of the chosen models in the chosen modes; "
            "expected at least one; see `python -m bench list frameworks`."
        )
    return Verification(request, tuple(cells), options.fresh)


def _names(option: str, options: argparse.Namespace) -> tuple[str, ...]:
    value = getattr(options, option)
    names = tuple(name.strip() for name in value.split(",")) if value else ()
    if not all(names):
        raise PlanError(f"--{option} {value!r}: expected names separated by commas.")
    return names


@contextmanager
def certification(verification: Verification, say: Say) -> Iterator[Certification]:
    """Prepare the environments; what is compared lies in a folder that goes afterwards."""
    environments = _environments(verification, say)
    usable = {name: found for name, found in environments.items() if isinstance(found, Environment)}
    with scratch_folder() as scratch:
        verifier = Verifier(usable, verification.threads, Path(scratch))
        yield Certification(verifier, environments, say, verification.fresh)


def _environments(
    verification: Verification, say: Say
) -> dict[str, Environment | UnavailableError]:
    frameworks: dict[str, Framework] = {
        cell.framework.name: cell.framework for cell in verification.cells
    }
    environments: dict[str, Environment | UnavailableError] = {}
    for name, framework in frameworks.items():
        try:
            environments[name] = prepare_environment(
                framework, verification.request.device, verification.request.pythons or {}, say
            )
        except UnavailableError as error:
            say(f"{framework.title} will be skipped: {error}")
            environments[name] = error
    return environments
