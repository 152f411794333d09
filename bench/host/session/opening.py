"""Opens a session: a look at the machine, data, environments, proof, ceilings, in this order."""

import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.errors import UnavailableError
from bench.host.ceilings.measurement import drop_unusable_environments, measure_ceilings
from bench.host.data.inputs import Inputs
from bench.host.data.preparation import PreparedData, prepare_dataset
from bench.host.environments.identity import describe_installation
from bench.host.environments.preparation import (
    Environment,
    Environments,
    Say,
    prepare_environments,
    select_available,
)
from bench.host.fitness import examine_machine
from bench.host.frameworks.framework import read_framework
from bench.host.frameworks.setup import find_withheld_variables
from bench.host.machine.description import describe_machine
from bench.host.planning.catalog import Catalog
from bench.host.planning.selection import Selection, reason_to_skip
from bench.host.process.executor import Executor
from bench.host.process.turns import pair_versions
from bench.host.session.proof import PortionedProof
from bench.host.session.resume import Stopped, describe_opening
from bench.host.session.session import Progress, Session
from bench.host.session.store import RunFolder
from bench.host.session.training import PreparedRun
from bench.host.session.waiting import WaitingRoom
from bench.host.verify.together import verify_trials
from bench.host.verify.verifier import REFERENCE
from bench.records.ceilings import Ceiling
from bench.records.manifest import Manifest
from bench.records.parts import MachineFinding
from bench.records.results import Trial
from bench.records.variables import parse_variables


def prepare_data(trials: Iterable[Trial], catalog: Catalog, say: Say) -> dict[str, PreparedData]:
    """Prepare the data sets of the trials.

    Raises:
        DataError: one cannot be had.
    """
    prepared = {}
    for name in dict.fromkeys(trial.dataset for trial in trials):
        dataset = catalog.get_dataset(name)
        note = " (synthetic: accuracy will mean nothing)" if dataset.synthetic else ""
        say(f"Preparing the data set {name}{note} ...")
        prepared[name] = prepare_dataset(dataset)
    return prepared


def prepare_environments_of(
    selection: Selection, trials: Iterable[Trial], say: Say
) -> dict[str, Environment | UnavailableError]:
    """Prepare the environment of each trial's framework; an error says why there is none.

    Raises:
        InterpreterError: an interpreter that the user named cannot be used.
    """
    editions = dict.fromkeys(trial.edition for trial in trials)
    frameworks = [selection.frameworks[edition] for edition in editions]
    request = selection.request
    return prepare_environments(frameworks, request.device, request.pythons, say)


def open_session(
    selection: Selection,
    folder: RunFolder,
    trials: Sequence[Trial],
    scratch: Path,
    say: Say,
    stopped: Stopped | None = None,
) -> Session:
    """Prepare all that `trials` share; afterwards trials take time, and one portion of the proof.

    Args:
        scratch: a folder for files of this run that nobody wants afterwards.
        stopped: the run that goes on; None for a new one.

    Raises:
        DataError, InterpreterError: see prepare_data and prepare_environments_of.
        ResultsError: the run cannot go on, since something is different now.
    """
    progress = stopped.read_progress(trials) if stopped else Progress()
    remaining = [trial for trial in trials if trial.id not in progress.finished]
    threads = selection.request.thread_count
    # Before anything that loads the machine itself.
    fitness = _examine_machine(selection, say)
    # The data first: a missing file is a matter of a moment, an environment one of minutes.
    data = prepare_data(remaining, selection.catalog, say)
    # Of those too that need not run again: what they ran in has to be there still.
    environments = prepare_environments_of(selection, trials, say)
    opening = _begin_run(selection, folder, trials, stopped, environments, data)
    machine = describe_machine() if stopped else opening["machine"]
    if stopped and (update := stopped.describe_update(machine)):
        say(f"Note: the machine changed since the run was started: {update}. Its records say so.")
    environments = drop_unusable_environments(
        environments, selection.frameworks, selection.request.device, threads, scratch, say
    )
    runnable = [
        trial for trial in remaining if reason_to_skip(trial, selection, environments, data) is None
    ]
    proof = _begin_proof(selection, runnable, environments, scratch / "verification", say)
    prepared = PreparedRun(
        selection=selection,
        inputs=Inputs(scratch),
        environments=environments,
        data=data,
        certificates=proof.certificates,
        ceilings=_measure_ceilings(selection, runnable, environments, scratch, say),
        fitness=fitness,
        partners=pair_versions(runnable),
        machine=machine,
        commit=opening.get("commit"),
    )
    executor = Executor()
    # A worker on a GPU has memory there from when it has built.
    places = 1 if selection.request.device != "cpu" else selection.request.together_count
    room = WaitingRoom(executor, places, say)
    return Session(prepared, folder, progress, executor, proof, trials, room)


def _begin_proof(
    selection: Selection,
    trials: Sequence[Trial],
    environments: Environments,
    scratch: Path,
    say: Say,
) -> PortionedProof:
    """Verify what is compared first; the rest once that has been trained."""
    if not selection.request.verified:
        return PortionedProof()
    proof = PortionedProof(
        lambda portion: verify_trials(portion, selection, environments, scratch, say), trials
    )
    proof.begin()
    return proof


def _begin_run(
    selection: Selection,
    folder: RunFolder,
    trials: Sequence[Trial],
    stopped: Stopped | None,
    environments: Environments,
    data: Mapping[str, PreparedData],
) -> Mapping[str, Any]:
    """Write down what a new run is, or check that a stopped one still is what it was."""
    installed = {
        "versions": {
            edition: describe_installation(environment)
            for edition, environment in select_available(environments).items()
        },
        "data": {name: dataset.digest for name, dataset in data.items()},
    }
    if stopped is not None:
        # The machine's hardware and the code are what they were: `Stopped.keep_trials` has seen
        # to it.
        stopped.check(installed)
        return stopped.manifest.opening
    opening = {**describe_opening(selection, trials), **installed}
    folder.write(Manifest(opening))
    return opening


def _measure_ceilings(
    selection: Selection,
    trials: Sequence[Trial],
    environments: Environments,
    scratch: Path,
    say: Say,
) -> dict[str, Ceiling]:
    if not (selection.request.ceilings and trials):
        return {}
    say("Measuring what this machine attains at most ...")
    trained = {trial.edition for trial in trials}
    # One edition of each framework: the machine is the same for all of them.
    frameworks = {
        selection.frameworks[edition].name: selection.frameworks[edition]
        for edition in select_available(environments)
        if edition in trained
    }
    device = selection.request.device
    if device == "cpu":
        # A framework that is alone, with a naive product, would be near a roof of its own.
        numpy = read_framework(REFERENCE)
        frameworks.setdefault(numpy.name, numpy)
        environments = {numpy.edition: Environment(Path(sys.executable), False), **environments}
    return measure_ceilings(
        list(frameworks.values()),
        environments,
        device,
        selection.request.thread_count,
        list(dict.fromkeys(trial.precision for trial in trials)),
        Executor(),
        scratch,
    )


def _examine_machine(selection: Selection, say: Say) -> list[MachineFinding]:
    """Find what bears on times; the user hears of what is not well before the trials begin."""
    findings = examine_machine(selection.request.device, selection.request.thread_count)
    for finding in findings:
        if finding.verdict != "ok":
            say(f"Note on this machine: {finding.topic}: {finding.detail}")
    texts = {trial.variables for trial in selection.trials}
    handed_on = {name for text in texts for name in parse_variables(text)}
    if names := [name for name in find_withheld_variables() if name not in handed_on]:
        say(
            f"Note: frameworks do not see {', '.join(names)}: every worker has the same variables, "
            "which framework.toml sets; a plan's 'environment' hands others on "
            "(docs/reference/plans.md)."
        )
    return findings
