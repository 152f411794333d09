"""Opens a session: a look at the machine, data, environments, proof, ceilings, in this order."""

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from bench.errors import UnavailableError
from bench.host.ceilings.measurement import measure_ceilings
from bench.host.ceilings.probe import probed
from bench.host.data.inputs import Inputs
from bench.host.data.prepared import Prepared, prepare_dataset
from bench.host.environments.environments import (
    Environment,
    Environments,
    Say,
    prepare_environments,
    usable,
)
from bench.host.fitness import examine_machine
from bench.host.frameworks.framework import read_framework
from bench.host.machine.description import default_threads
from bench.host.machine.finding import Finding
from bench.host.planning.catalog import Catalog
from bench.host.planning.obstacles import obstacle
from bench.host.planning.selection import Selection
from bench.host.process.executor import LocalProcess
from bench.host.process.turns import partners
from bench.host.session.resume import Stopped, installed, opening
from bench.host.session.session import Session
from bench.host.session.store import Run
from bench.host.verify.trials import Certificates, verify_trials
from bench.host.verify.verifier import REFERENCE
from bench.records.ceilings import Ceiling
from bench.records.results import Trial


def prepare_data(trials: Iterable[Trial], catalog: Catalog, say: Say) -> dict[str, Prepared]:
    """The prepared data sets of the trials.

    Raises:
        DataError: one cannot be had.
    """
    prepared = {}
    for name in dict.fromkeys(trial.dataset for trial in trials):
        dataset = catalog.dataset(name)
        note = " (synthetic: accuracy will mean nothing)" if dataset.synthetic else ""
        say(f"Preparing the data set {name}{note} ...")
        prepared[name] = prepare_dataset(dataset)
    return prepared


def environments_of(
    selection: Selection, trials: Iterable[Trial], say: Say
) -> dict[str, Environment | UnavailableError]:
    """The environments of the trials' frameworks, each or the error that says why there is none.

    Raises:
        InterpreterError: an interpreter that the user named cannot be used.
    """
    names = dict.fromkeys(trial.edition for trial in trials)
    frameworks = [selection.frameworks[name] for name in names]
    request = selection.request
    return prepare_environments(frameworks, request.device, request.pythons or {}, say)


def open_session(
    selection: Selection,
    run: Run,
    trials: Iterable[Trial],
    scratch: Path,
    say: Say,
    stopped: Stopped | None = None,
) -> Session:
    """Prepare all that `trials` share; afterwards nothing but trials takes time.

    Args:
        scratch: a folder for files of this run that nobody wants afterwards.
        stopped: the run that goes on; None for a new one.

    Raises:
        DataError, InterpreterError: see prepare_data and environments_of.
        ResultsError: the run cannot go on, since something is different now.
    """
    chosen = list(trials)
    records, earlier = stopped.finished(chosen) if stopped else ([], {})
    trials = [trial for trial in chosen if trial.id not in earlier]
    threads = selection.request.threads or default_threads()
    # Before anything that loads the machine itself.
    fitness = _fitness(selection, threads, say)
    # The data first: a missing file is a matter of a moment, an environment one of minutes.
    data = prepare_data(trials, selection.catalog, say)
    # Of those too that need not run again: what they ran in has to be there still.
    environments = environments_of(selection, chosen, say)
    found = {
        "versions": installed(environments),
        "data": {name: one.digest for name, one in data.items()},
    }
    if stopped is None:
        began = {**opening(selection, chosen), **found}
        run.open(began)
    else:
        stopped.check(found)
        # Machine and code are what they were: `Stopped.selection` has seen to it.
        began = dict(stopped.manifest.opening)
    environments = probed(
        environments, selection.frameworks, selection.request.device, threads, scratch, say
    )
    possible = [one for one in trials if obstacle(one, selection, environments, data) is None]
    certificates: Certificates = {}
    if selection.request.verified:
        certificates = verify_trials(
            possible,
            selection.frameworks,
            selection.catalog,
            environments,
            threads,
            scratch / "verification",
            say,
        )
    return Session(
        selection=selection,
        run=run,
        inputs=Inputs(scratch),
        environments=environments,
        data=data,
        threads=threads,
        certificates=certificates,
        ceilings=_ceilings(selection, possible, environments, threads, scratch, say),
        fitness=fitness,
        partners=partners(possible),
        statuses=[record.status for record in records],
        earlier=earlier,
        skips={one.trial.id: one for one in records if one.status == "skipped"},
        machine=began["machine"],
        # Of when the run was started: what was committed since is no part of it.
        commit=began.get("commit"),
    )


def _ceilings(
    selection: Selection,
    trials: Sequence[Trial],
    environments: Environments,
    threads: int,
    scratch: Path,
    say: Say,
) -> dict[str, Ceiling]:
    if not (selection.request.ceilings and trials):
        return {}
    say("Measuring what this machine attains at most ...")
    editions = [one for one in usable(environments) if _trains(trials, one)]
    # One edition of each framework: the machine is the same for all of them.
    frameworks = {selection.frameworks[one].name: selection.frameworks[one] for one in editions}
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
        threads,
        list(dict.fromkeys(trial.precision for trial in trials)),
        LocalProcess(),
        scratch,
    )


def _trains(trials: Sequence[Trial], edition: str) -> bool:
    return any(trial.edition == edition for trial in trials)


def _fitness(selection: Selection, threads: int, say: Say) -> list[Finding]:
    """What bears on times; the user hears of what is not well before the trials begin."""
    findings = examine_machine(selection.request.device, threads)
    for finding in findings:
        if finding.verdict != "ok":
            say(f"Note on this machine: {finding.topic}: {finding.detail}")
    return findings
