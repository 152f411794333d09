"""What the trials of a run share, once it is prepared."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from bench.host.data.inputs import Inputs
from bench.host.data.preparation import PreparedData
from bench.host.environments.preparation import Environments
from bench.host.machine.description import describe_machine, read_commit
from bench.host.planning.selection import Selection
from bench.host.verify.cells import to_cell
from bench.host.verify.together import Certificates
from bench.records.ceilings import Ceiling
from bench.records.operations import count_step_cost
from bench.records.parts import MachineFinding, StepCost
from bench.records.results import Record, Trial
from bench.spec import dropout_of


@dataclass(frozen=True)
class PreparedRun:
    """What the trials of a run share.

    Attributes:
        environments: by edition; an error where it cannot be had.
        threads: the same for every framework.
        certificates: of what the trials time; without them the trials are not verified.
        ceilings: by precision, what the machine attains at most.
        fitness: what bears on times on this machine.
        partners: for trials that take turns with another one, that one, by their names.
        commit: of when the run was started: what was committed since is no part of it.
    """

    selection: Selection
    inputs: Inputs
    environments: Environments
    data: Mapping[str, PreparedData]
    threads: int
    certificates: Certificates = field(default_factory=dict)
    ceilings: Mapping[str, Ceiling] = field(default_factory=dict)
    fitness: Sequence[MachineFinding] = ()
    partners: Mapping[str, Trial] = field(default_factory=dict)
    machine: dict[str, Any] = field(default_factory=describe_machine)
    commit: str | None = field(default_factory=read_commit)

    def begin_record(self, trial: Trial, run: str) -> Record:
        """Begin the record of a trial with what is known before it runs."""
        framework = self.selection.frameworks.get(trial.framework)
        catalog = self.selection.catalog
        cell = to_cell(trial, self.selection.frameworks, catalog)
        spec, cost = None, StepCost()
        # A trial whose model does not take the data is a record too, one that is skipped.
        with suppress(ValueError):
            spec = catalog.build_spec(trial.model, trial.dataset)
        if spec is not None:
            cost = count_step_cost(spec, trial.optimizer, trial.batch_size, trial.precision)
        return Record(
            run=run,
            trial=trial,
            status="failed",
            reason=None,
            started=datetime.now(UTC).isoformat(timespec="seconds"),
            plan=self.selection.plan.name,
            commit=trial.revision or self.commit,
            machine=self.machine,
            threads=self.threads,
            cost=cost,
            dropout=dropout_of(spec) if spec else None,
            ceilings=self.ceilings.get(trial.precision),
            fitness=tuple(finding for finding in self.fitness if finding.verdict != "ok"),
            test_samples=self.data[trial.dataset].test_count,
            certificate=self.certificates.get(cell.key),
            # A pinned version and another revision have titles that say so; their versions do too.
            framework_title=framework.title if framework else None,
            model_title=catalog.models[trial.model].title,
        )
