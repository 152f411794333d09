"""Why a trial cannot be run here, found out before it is tried."""

from collections.abc import Mapping

from bench.errors import UnavailableError
from bench.host.data.preparation import PreparedData
from bench.host.environments.preparation import Environments
from bench.host.frameworks.framework import Framework
from bench.host.frameworks.setup import TUNED, select_tunings
from bench.host.planning.catalog import Catalog
from bench.host.planning.selection import Selection
from bench.job import NATIVE
from bench.records.results import Trial


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
    if reason := _find_missing_setting(trial, framework):
        return reason
    try:
        catalog.build_spec(trial.model, trial.dataset)
    except ValueError as error:
        return str(error)
    return None


def _find_missing_setting(trial: Trial, framework: Framework) -> str | None:
    requirements = framework.devices.get(trial.device)
    # An interpreter of the user's own may train on devices that the description leaves out.
    if requirements and trial.precision not in requirements.precisions:
        return f"{framework.title} has no precision {trial.precision!r} on {trial.device} here."
    if trial.layout not in (NATIVE, *framework.layouts):
        return f"{framework.title} does not compute in the layout {trial.layout} here."
    if trial.settings == TUNED and not select_tunings(framework, trial):
        return (
            f"{framework.title} has no tuned settings for {trial.model} in mode {trial.mode} on "
            f"{trial.device}: none is known to be better than its defaults."
        )
    return None
