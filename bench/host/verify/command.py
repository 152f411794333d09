"""`python -m bench verify`: prepares what cells need and verifies them."""

import argparse
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from bench.errors import PlanError
from bench.host.ceilings.probe import drop_unusable_environments
from bench.host.environments.preparation import Say, prepare_environments, select_available
from bench.host.frameworks.setup import DEFAULT
from bench.host.machine.description import choose_threads
from bench.host.planning.request import (
    Request,
    add_framework_options,
    read_framework_request,
    split_names,
)
from bench.host.planning.selection import catalog_of, known_and_chosen, select
from bench.host.planning.skipping import find_missing_feature
from bench.host.scratch import scratch_folder
from bench.host.verify.cells import Cell, choose_cells
from bench.host.verify.certification import Certification
from bench.host.verify.trials import cell_of
from bench.host.verify.verifier import Verifier


def add_verify_options(add: Callable[..., Any]) -> None:
    """Declare the options of the command."""
    add_framework_options(add)
    for name, what in (("models", "models"), ("modes", "modes (eager, compiled, xla)")):
        add(
            f"--{name}",
            default="",
            metavar="NAMES",
            help=f"{what} to verify, separated by commas (default: all)",
        )
    add(
        "--plan",
        default=None,
        metavar="NAME",
        help="verify what a run of this plan would verify before it times it, and nothing else",
    )
    add(
        "--settings",
        default="",
        metavar="NAMES",
        help="settings to verify, separated by commas: default, tuned (default: default)",
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
        return self.request.threads or choose_threads()


def read_verification(options: argparse.Namespace) -> Verification:
    """The cells that a user asks for.

    Raises:
        FrameworkError, InterpreterError, ModelError, PlanError: something named does not exist.
    """
    request = read_framework_request(lambda name: getattr(options, name))
    _, frameworks = known_and_chosen(request)
    models, modes, settings = (
        split_names(name, getattr(options, name)) for name in ("models", "modes", "settings")
    )
    if options.plan is not None:
        if models or modes or settings:
            raise PlanError(
                f"--plan {options.plan} says already which models, modes and settings; expected "
                "none of --models, --modes and --settings beside it."
            )
        cells = cells_of_plan(replace(request, plan=options.plan))
    else:
        cells = choose_cells(
            frameworks, models, modes, request.device, settings or (DEFAULT,), catalog_of(request)
        )
    if not cells:
        raise PlanError(
            f"{', '.join(frameworks)} implement none of the chosen models in the chosen modes; "
            "expected at least one; see `python -m bench list frameworks`."
        )
    return Verification(request, tuple(cells), options.fresh)


def cells_of_plan(request: Request) -> list[Cell]:
    """What the trials of a request's plan time, each once.

    Raises:
        PlanError: see select.
    """
    selection = select(request)
    cells = (
        cell_of(trial, selection.frameworks, selection.catalog)
        for trial in selection.trials
        if find_missing_feature(trial, selection.frameworks[trial.edition], selection.catalog)
        is None
    )
    return list({cell.key: cell for cell in cells}.values())


@contextmanager
def certification(verification: Verification, say: Say) -> Iterator[Certification]:
    """Prepare the environments; what is compared lies in a folder that goes afterwards."""
    request = verification.request
    frameworks = {cell.framework.edition: cell.framework for cell in verification.cells}
    environments = prepare_environments(
        frameworks.values(), request.device, request.pythons or {}, say
    )
    with scratch_folder() as scratch:
        environments = drop_unusable_environments(
            *(environments, frameworks, request.device, verification.threads, scratch, say)
        )
        verifier = Verifier(select_available(environments), verification.threads, scratch)
        yield Certification(verifier, environments, say, verification.fresh)
