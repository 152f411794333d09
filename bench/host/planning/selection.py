"""What a request comes to, before anything is prepared."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from bench.errors import InterpreterError, PlanError
from bench.host.frameworks.editions import choose_frameworks
from bench.host.frameworks.framework import Framework, discover
from bench.host.planning.against import Base
from bench.host.planning.catalog import OWN, Catalog
from bench.host.planning.plan import Plan, expand, read_plan
from bench.host.planning.request import Request
from bench.models.outside import read_outside_models
from bench.records.results import Trial


@dataclass(frozen=True)
class Selection:
    """What a request comes to: the plan's trials of the chosen frameworks.

    Attributes:
        frameworks: by their editions.
    """

    request: Request
    plan: Plan
    frameworks: Mapping[str, Framework]
    trials: tuple[Trial, ...]

    @property
    def catalog(self) -> Catalog:
        """What the names of models and data sets stand for."""
        return self.plan.catalog


def select(request: Request, base: Base | None = None) -> Selection:
    """Read the plan and expand it; prepares nothing.

    Args:
        base: another revision that runs beside the checkout's own.

    Raises:
        FrameworkError, InterpreterError, ModelError, PlanError: something named does not exist or
            is malformed.
    """
    names, frameworks = find_frameworks(request)
    if base is not None:
        frameworks |= base.find_frameworks(list(frameworks.values()))
    plan = read_plan(request.plan, names, build_catalog(request))
    if plan.device not in (None, request.device):
        raise PlanError(
            f"The plan {plan.name!r} is for the device {plan.device!r}, and this run is on "
            f"{request.device!r}; expected the same; choose another plan or --device, or take the "
            f"key 'device' out of a copy of {plan.path}."
        )
    if request.repeats is not None:
        groups = tuple(replace(group, repeats=request.repeats) for group in plan.groups)
        plan = replace(plan, groups=groups)
    trials = tuple(expand(plan, frameworks, request.device))
    if not trials:
        raise PlanError(
            f"The plan {plan.name!r} has no trial for {', '.join(frameworks)}; expected frameworks "
            "that it names; choose others with --frameworks or another --plan."
        )
    return Selection(request, plan, frameworks, trials)


def build_catalog(request: Request) -> Catalog:
    """Build the catalog of the project's models and data sets and the models in users' folders.

    Raises:
        ModelError: a folder has no model, or one whose name is taken.
    """
    own = OWN.models
    return Catalog(own | read_outside_models(request.model_folders, own))


def find_frameworks(request: Request) -> tuple[list[str], dict[str, Framework]]:
    """Find the names of all frameworks, and those that the request names by their editions.

    Raises:
        FrameworkError, InterpreterError, PlanError: see select.
    """
    available = discover(request.implementations)
    frameworks = choose_frameworks(available, request.frameworks)
    for name in request.pythons or {}:
        if name not in (*available, *frameworks):
            raise InterpreterError(
                f"--python {name}=...: there is no framework {name!r}; expected one of "
                f"{', '.join(available)}."
            )
    return list(available), frameworks
