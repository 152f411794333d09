"""The report: one HTML page that needs no other file, no network, and no script to be whole."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from markupsafe import Markup

from bench.records.results import Record
from reports.content.doubts import doubts
from reports.content.export import comparison_document
from reports.content.proof import proofs
from reports.content.tables import failures
from reports.figures.batch_sizes import batch_size_curves
from reports.figures.roofline import rooflines
from reports.page import environments
from reports.page.downloads import downloads
from reports.page.sections import Section, section
from reports.page.template import render_template
from reports.ranking.comparisons import Comparison
from reports.ranking.machines import Machine, machine_table, machines
from reports.runs.runs import Run
from reports.text import fitness, titles
from reports.text.markup import table, table_or_none
from reports.trials.ceilings import ceiling_table
from reports.trials.parallel import in_processes

Fact = TypeVar("Fact")


@dataclass(frozen=True)
class MachineSection:
    """What a machine attains at most, and what was noted of it before the run."""

    machine: Machine
    ceilings: Markup | None
    left_out: tuple[str, ...]
    findings: tuple[str, ...]


@dataclass(frozen=True)
class Piece:
    """What is made of one comparison: a section for people, a document for programs."""

    section: Section
    document: dict[str, Any]


def render(run: Run) -> str:
    """The page; the same records give the same text."""
    found = machines(run.records)
    comparisons = run.comparisons
    made: list[Callable[[], Any]] = [
        *_pieces(comparisons, found),
        partial(batch_size_curves, comparisons, "batch-sizes"),
        partial(rooflines, comparisons, "roofline"),
    ]
    *pieces, batch_sizes, roofs = in_processes(made)
    return render_template(
        "report.html",
        kind="report",
        run=run,
        downloads=downloads(run, [piece.document for piece in pieces]),
        batch_sizes=batch_sizes,
        rooflines=roofs,
        sections=[piece.section for piece in pieces],
        machines=found,
        machine_sections=[_machine(machine, run.on(machine.key)) for machine in found],
        outcome=_outcome(run.records),
        facts=_facts(run.records) | _digests(run),
        threads=_threads(run.records),
        failures=_failures(run.records),
        machine_table=table(
            machine_table(found), "Machines, as the trials found them", "Property", "words"
        ),
        variables=_variables(comparisons),
        **_packages(run.records),
    )


def _pieces(
    comparisons: Sequence[Comparison], found: Sequence[Machine]
) -> list[Callable[[], object]]:
    return [
        partial(_piece, number, comparison, found)
        for number, comparison in enumerate(comparisons, start=1)
    ]


def _piece(number: int, comparison: Comparison, found: Sequence[Machine]) -> Piece:
    found_proofs, found_doubts = proofs(comparison), doubts(comparison)
    return Piece(
        section(number, comparison, found, found_proofs, found_doubts),
        comparison_document(comparison, found_proofs, found_doubts),
    )


def _machine(machine: Machine, records: Sequence[Record]) -> MachineSection:
    text, left_out = ceiling_table(records)
    caption = "What each reached with its own matrix product and copy, the highest of them first"
    return MachineSection(
        machine,
        table_or_none(text, caption, "Operation", "numbers"),
        left_out,
        tuple(fitness.words(finding) for finding in fitness.unique_findings(records)),
    )


def _outcome(records: Sequence[Record]) -> str:
    ends = titles.tally(record.status for record in records)
    return f"{titles.count(len(records), 'trial')}: {titles.listing(ends)}."


def _failures(records: Sequence[Record]) -> Markup | None:
    text = failures(records)
    total = sum(record.status != "ok" for record in records)
    first = f", the first {len(text):,} of {total:,}" if total > len(text) else ""
    return table_or_none(text, f"Trials that did not finish, and why{first}", "Trial", "words")


def _facts(records: Sequence[Record]) -> dict[str, str]:
    """What the trials were asked to do, each with all the values that the run has."""
    trials = [record.trial for record in records]
    wanted = {
        "Run": [record.run for record in records],
        "Plan": [record.plan for record in records],
        "Commit of samestep": [record.commit or "unknown" for record in records],
        "Started": [titles.days(record.started for record in records)],
        # By identity first: most trials share one.
        "Optimizer": map(
            titles.optimizer, {id(trial.optimizer): trial.optimizer for trial in trials}.values()
        ),
        "Epochs": map(str, _distinct(trial.epochs for trial in trials)),
        "Evaluated": map(_every, _distinct(trial.evaluate_every for trial in trials)),
        "Seeds": map(str, _distinct(trial.seed for trial in trials)),
        "Threads of the framework": map(str, _distinct(record.threads for record in records)),
        "Precision": map(titles.precision, _distinct(trial.precision for trial in trials)),
        "Settings": [trial.settings for trial in trials],
        "Layout of images": [trial.layout for trial in trials],
        "Batches from": map(titles.source, _distinct(trial.input for trial in trials)),
        "Blocks": [
            "trained in turns with those of another version"
            for record in records
            if record.in_turns_with is not None
        ],
        "Trainable parameters": [
            f"{titles.model(model)}: {parameters:,}"
            for model, parameters in _distinct(
                (record.trial.model, record.parameters) for record in records
            )
            if parameters is not None
        ],
    }
    known = {name: "; ".join(_distinct(values)) for name, values in wanted.items()}
    return {name: text for name, text in known.items() if text}


def _digests(run: Run) -> dict[str, str]:
    """What stands for all records of a run: whoever quotes it can be shown to be right."""
    name = "Digest of the run" if len(run.digests) == 1 else "Digests of the runs"
    return {name: "; ".join(run.digests.values())} if run.digests else {}


def _distinct(values: Iterable[Fact]) -> list[Fact]:
    return list(dict.fromkeys(values))


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
