"""The report: one HTML page that needs no other file, no network, and no script to be whole."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from markupsafe import Markup

from bench.results import Record
from reports import environments, fitness, titles
from reports.ceilings import ceiling_table
from reports.comparisons import Comparison
from reports.downloads import downloads
from reports.figures.batch_sizes import batch_size_curves
from reports.figures.roofline import rooflines
from reports.machines import Machine, machine_table, machines
from reports.markup import table, table_or_none
from reports.parallel import in_processes
from reports.runs import Run
from reports.sections import Section, section
from reports.tables import failures
from reports.template import render_template


@dataclass(frozen=True)
class MachineSection:
    """What a machine attains at most, and what was noted of it before the run."""

    machine: Machine
    ceilings: Markup | None
    left_out: tuple[str, ...]
    findings: tuple[str, ...]


def render(run: Run) -> str:
    """The page; the same records give the same text."""
    found = machines(run.records)
    comparisons = run.comparisons
    sections = _sections(comparisons, found)
    return render_template(
        "report.html",
        kind="report",
        run=run,
        downloads=downloads(run),
        batch_sizes=batch_size_curves(comparisons, "batch-sizes"),
        rooflines=rooflines(comparisons, "roofline"),
        sections=sections,
        machines=found,
        machine_sections=[_machine(machine, run.on(machine.key)) for machine in found],
        outcome=_outcome(run.records),
        facts=_facts(run.records),
        threads=_threads(run.records),
        failures=_failures(run.records),
        machine_table=table(
            machine_table(found), "Machines, as the trials found them", "Property", "words"
        ),
        variables=_variables(comparisons),
        **_packages(run.records),
    )


def _sections(comparisons: Sequence[Comparison], found: Sequence[Machine]) -> list[Section]:
    made = [
        partial(section, number, comparison, found)
        for number, comparison in enumerate(comparisons, start=1)
    ]
    return in_processes(made)


def _machine(machine: Machine, records: Sequence[Record]) -> MachineSection:
    text, left_out = ceiling_table(records)
    caption = "What the frameworks' own matrix product and copy reached, and the highest of them"
    return MachineSection(
        machine,
        table_or_none(text, caption, "Operation", "numbers"),
        left_out,
        tuple(fitness.words(finding) for finding in fitness.unique_findings(records)),
    )


def _outcome(records: Sequence[Record]) -> str:
    statuses = [record.status for record in records]
    counts = [f"{statuses.count(status)} {status}" for status in dict.fromkeys(statuses)]
    return f"{titles.count(len(records), 'trial')}: {titles.listing(counts)}."


def _failures(records: Sequence[Record]) -> Markup | None:
    text = failures(records)
    total = sum(record.status != "ok" for record in records)
    first = f", the first {len(text):,} of {total:,}" if total > len(text) else ""
    return table_or_none(text, f"Trials that did not finish, and why{first}", "Trial", "words")


def _facts(records: Sequence[Record]) -> dict[str, str]:
    """What the trials were asked to do, each with all the values that the run has."""
    wanted = {
        "Run": [record.run for record in records],
        "Plan": [record.plan for record in records],
        "Commit of samestep": [record.commit or "unknown" for record in records],
        "Started": [titles.days(record.started for record in records)],
        "Optimizer": [titles.optimizer(record.trial.optimizer) for record in records],
        "Epochs": [str(record.trial.epochs) for record in records],
        "Evaluated": [_every(record.trial.evaluate_every) for record in records],
        "Seeds": [str(record.trial.seed) for record in records],
        "Threads of the framework": [str(record.threads) for record in records],
        "Precision": [titles.precision(record.trial.precision) for record in records],
        "Settings": [record.trial.settings for record in records],
        "Layout of images": [record.trial.layout for record in records],
        "Batches from": [titles.source(record.trial.input) for record in records],
        "Trainable parameters": [
            f"{titles.model(record.trial.model)}: {record.parameters:,}"
            for record in records
            if record.parameters is not None
        ],
    }
    return {name: "; ".join(dict.fromkeys(values)) for name, values in wanted.items() if values}


def _every(epochs: int) -> str:
    return "after every epoch" if epochs == 1 else f"every {titles.count(epochs, 'epoch')}"


def _threads(records: Sequence[Record]) -> str | None:
    """The threads that a framework could use, if the same in all trials."""
    counts = {record.threads for record in records}
    return titles.count(counts.pop(), "thread") if len(counts) == 1 else None


def _packages(records: Sequence[Record]) -> dict[str, object]:
    known = environments.packages(records)
    return {
        "versions": table_or_none(
            environments.main_versions(known),
            "Main packages of each environment",
            "Framework",
            "words",
        ),
        "packages": known,
    }


def _variables(comparisons: Sequence[Comparison]) -> Markup | None:
    caption = "Environment variables set for each framework"
    return table_or_none(environments.variables(comparisons), caption, "Framework", "words")
