"""What a request comes to, and why a trial of it cannot be run here."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from bench.errors import InterpreterError, PlanError, UnavailableError, quote_name
from bench.host.data.preparation import PreparedData
from bench.host.environments.preparation import Environments
from bench.host.frameworks.editions import choose_frameworks
from bench.host.frameworks.framework import Framework, discover
from bench.host.frameworks.setup import TUNED, select_tunings
from bench.host.planning.against import Base
from bench.host.planning.catalog import OWN, Catalog
from bench.host.planning.plan import Plan, expand, read_plan
from bench.host.planning.request import Request
from bench.job import NATIVE
from bench.models.outside import read_outside_models
from bench.records.results import Trial


@dataclass(frozen=True)
class Selection:
    """What a request comes to: the plan's trials of the chosen frameworks, which are by edition."""

    request: Request
    plan: Plan
    frameworks: Mapping[str, Framework]
    trials: tuple[Trial, ...]

    @property
    def catalog(self) -> Catalog:
        """What the names of models and data sets stand for."""
        return self.plan.catalog


def select(request: Request, base: Base | None = None) -> Selection:
    """Read the plan and expand it, with another revision (`base`) beside the checkout's own.

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
    for name in request.pythons:
        if name not in (*available, *frameworks):
            raise InterpreterError(
                f"--python {name}=...: there is no framework {quote_name(name, available)}; "
                f"expected one of "
                f"{', '.join(available)}."
            )
    return list(available), frameworks


def reason_to_skip(
    trial: Trial,
    selection: Selection,
    environments: Environments,
    data: Mapping[str, PreparedData],
) -> str | None:
    """Say why a trial cannot be run here; None if it can."""
    framework = selection.frameworks[trial.edition]
    environment = environments[trial.edition]
    if reason := find_missing_feature(trial, framework, selection.catalog):
        return reason
    if isinstance(environment, UnavailableError):
        return str(environment)
    count = data[trial.dataset].train_count
    if trial.batch_size > count:
        return f"A batch of {trial.batch_size:,} is more than the {count:,} training samples."
    return None


def find_missing_feature(trial: Trial, framework: Framework, catalog: Catalog) -> str | None:
    """Say what a trial needs that its framework lacks on any machine; None if nothing."""
    model = catalog.models[trial.model]
    if not framework.has_model(model):
        return f"{framework.title} has no implementation of {model.family}."
    if trial.mode not in framework.modes:
        return f"{framework.title} has no mode {trial.mode!r}."
    requirements = framework.devices.get(trial.device)
    # An interpreter of the user's own may train on devices that the description leaves out.
    if requirements and trial.precision not in requirements.precisions:
        return f"{framework.title} has no precision {trial.precision!r} on {trial.device} here."
    if trial.layout not in (NATIVE, *framework.layouts):
        return f"{framework.title} does not compute in the layout {trial.layout} here."
    where = (trial.model, trial.mode, trial.device)
    if trial.settings == TUNED and not select_tunings(framework, *where):
        return (
            f"{framework.title} has no tuned settings for {trial.model} in mode {trial.mode} on "
            f"{trial.device}: none is known to be better than its defaults."
        )
    try:
        catalog.build_spec(trial.model, trial.dataset)
    except ValueError as error:
        return str(error)
    return None
