"""`python -m bench verify`: prepares what cells need and verifies them."""

import argparse
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from bench.errors import PlanError
from bench.host.cache import make_scratch_folder
from bench.host.ceilings.measurement import drop_unusable_environments
from bench.host.environments.preparation import Say, prepare_environments, select_available
from bench.host.frameworks.setup import DEFAULT
from bench.host.planning.request import (
    Request,
    add_framework_options,
    declare_options,
    read_framework_request,
    split_names,
)
from bench.host.planning.selection import (
    build_catalog,
    find_frameworks,
    find_missing_feature,
    select,
)
from bench.host.verify.cells import Cell, choose_cells, find_missing_cells, to_cell
from bench.host.verify.certification import CellReport, Certification, skip
from bench.host.verify.together import certify_all, count_at_once
from bench.host.verify.verifier import Verifier


def add_verify_options(add: Callable[..., Any]) -> None:
    """Declare the options of the command."""
    add_framework_options(add)
    names = {
        "--models NAMES": "models to verify, separated by commas (default: all)",
        "--modes NAMES": "modes (eager, compiled, xla) to verify, separated by commas (default: "
        "all)",
        "--settings NAMES": "settings to verify, separated by commas: default, tuned (default: "
        "default)",
    }
    declare_options(add, names, default="")
    plan = "verify what a run of this plan would verify before it times it, and nothing else"
    declare_options(add, {"--plan NAME": plan})
    fresh = {"--fresh": "verify anew, also what has not changed since it was verified"}
    declare_options(add, fresh, action="store_true")


@dataclass(frozen=True)
class Verification:
    """What a request comes to; `missing` are cells that a framework named by the user lacks."""

    request: Request
    cells: tuple[Cell, ...]
    fresh: bool
    missing: tuple[Cell, ...] = ()


def read_verification(options: argparse.Namespace) -> Verification:
    """Read which cells a user asks for.

    Raises:
        FrameworkError, InterpreterError, ModelError, PlanError: something named does not exist.
    """
    request = read_framework_request(lambda name: getattr(options, name))
    _, frameworks = find_frameworks(request)
    models, modes, settings = (
        split_names(name, getattr(options, name)) for name in ("models", "modes", "settings")
    )
    if options.plan is not None:
        if models or modes or settings:
            raise PlanError(
                f"--plan {options.plan} says already which models, modes and settings; expected "
                "none of --models, --modes and --settings beside it."
            )
        cells, missing = choose_cells_of_plan(replace(request, plan=options.plan)), []
    else:
        catalog = build_catalog(request)
        cells = choose_cells(
            frameworks, models, modes, request.device, settings or (DEFAULT,), catalog
        )
        outside = [model.name for model in catalog.models.values() if model.folder is not None]
        missing = find_missing_cells(
            frameworks if request.frameworks else {}, models or outside, request.device, catalog
        )
    if not (cells or missing):
        raise PlanError(
            f"{', '.join(frameworks)} implement none of the chosen models in the chosen modes; "
            "expected at least one; see `python -m bench list frameworks`."
        )
    return Verification(request, tuple(cells), options.fresh, tuple(missing))


def choose_cells_of_plan(request: Request) -> list[Cell]:
    """Choose what the trials of a request's plan time, each once.

    Raises:
        PlanError: see select.
    """
    selection = select(request)
    cells = (
        to_cell(trial, selection.frameworks, selection.catalog)
        for trial in selection.trials
        if find_missing_feature(trial, selection.frameworks[trial.edition], selection.catalog)
        is None
    )
    return list({cell.key: cell for cell in cells}.values())


def verify_cells(
    verification: Verification, say: Say, listen: Callable[[CellReport], None]
) -> list[CellReport]:
    """Verify the cells of a request and report the missing ones; `listen` gets each report."""
    missing = [skip(cell, _explain_missing(cell)) for cell in verification.missing]
    for report in missing:
        listen(report)
    count = count_at_once(verification.request.device)
    with prepare_certification(verification, say) as certification:
        return missing + certify_all(certification, verification.cells, count, listen)


def _explain_missing(cell: Cell) -> str:
    framework, file = cell.framework, cell.framework.get_model_file(cell.definition)
    return (
        f"{framework.title} has no implementation of {cell.model}; expected the file {file}; add "
        f"it, or leave {framework.name} out of --frameworks."
    )


@contextmanager
def prepare_certification(verification: Verification, say: Say) -> Iterator[Certification]:
    """Prepare the environments; what is compared lies in a folder that goes afterwards."""
    request = verification.request
    frameworks = {cell.framework.edition: cell.framework for cell in verification.cells}
    environments = prepare_environments(frameworks.values(), request.device, request.pythons, say)
    with make_scratch_folder() as scratch:
        environments = drop_unusable_environments(
            *(environments, frameworks, request.device, request.thread_count, scratch, say)
        )
        verifier = Verifier(select_available(environments), request.thread_count, scratch)
        yield Certification(verifier, environments, say, verification.fresh)
