"""The report: one HTML page that needs no other file, no network, and no script to be whole."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
from markupsafe import Markup

from bench.results import Record
from reports import certificates, environments, fitness, sentences, targets, titles, tuning
from reports.ceilings import ceiling_table
from reports.comparisons import Comparison, compare
from reports.doubts import Doubt, doubts, summary
from reports.downloads import downloads
from reports.figures import Drawing, drawings
from reports.figures.batch_sizes import batch_size_curves
from reports.figures.roofline import rooflines
from reports.frame import machine_key
from reports.machines import Machine, machine_table, machines
from reports.markup import table
from reports.proof import Proof, losses_text, proofs
from reports.rows import DEFAULT
from reports.runs import Run
from reports.tables import (
    ENERGY,
    MACHINE,
    MEMORY,
    PROOF,
    SPEED,
    TIMES,
    VARIANTS,
    Layout,
    failures,
    sheets,
)
from reports.template import render_template
from reports.variants import with_variants

SPEED_TABLES = (SPEED, MACHINE, PROOF)
DETAIL_TABLES = (TIMES, MEMORY, ENERGY)


@dataclass(frozen=True)
class ProofSection:
    """A proof with its tables as HTML; `seed` is None where the comparison has only one."""

    seed: int | None
    proof: Proof
    digests: Markup | None
    losses: Markup | None


@dataclass(frozen=True)
class PageTable:
    """A table of a comparison as HTML, with what stands under it; no HTML without a column."""

    html: Markup | None
    notes: dict[str, str]
    absent: tuple[str, ...]


@dataclass(frozen=True)
class Tuned:
    """What the tuned settings of a row consist of."""

    label: str
    words: str
    origins: tuple[str, ...]


@dataclass(frozen=True)
class MachineSection:
    """What a machine attains at most, and what was noted of it before the run."""

    machine: Machine
    ceilings: Markup | None
    left_out: tuple[str, ...]
    findings: tuple[str, ...]


@dataclass(frozen=True)
class Section:
    """What the page shows of one comparison."""

    anchor: str
    comparison: Comparison
    machine: Machine
    started: str
    headline: str
    finding: str
    refusals: dict[str, str]
    accuracy_gate: str
    caveat: str
    doubtful: str
    doubts: tuple[Doubt, ...]
    speed: tuple[PageTable, ...]
    target: str
    variants: tuple[PageTable, ...]
    details: tuple[PageTable, ...]
    tuned: tuple[Tuned, ...]
    drawings: tuple[Drawing, ...]
    proof: str
    certificates: Markup
    proofs: tuple[ProofSection, ...]


def render(run: Run) -> str:
    """The page; the same records give the same text."""
    found = machines(run.records)
    comparisons = compare(run.records)
    sections = [
        _section(number, comparison, found)
        for number, comparison in enumerate(comparisons, start=1)
    ]
    return render_template(
        "report.html",
        kind="report",
        run=run,
        downloads=downloads(run),
        batch_sizes=batch_size_curves(comparisons, "batch-sizes"),
        rooflines=rooflines(comparisons, "roofline"),
        sections=sections,
        machines=found,
        machine_sections=[_machine(machine, run.records) for machine in found],
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


def _section(number: int, comparison: Comparison, found: Sequence[Machine]) -> Section:
    anchor = f"comparison-{number}"
    found_doubts = doubts(comparison)
    finished = any(row.finished for row in comparison.rows)
    return Section(
        anchor=anchor,
        comparison=comparison,
        machine=next(item for item in found if item.key == comparison.work.machine),
        started=_started(comparison.records),
        headline=sentences.headline(comparison),
        finding=sentences.finding(comparison),
        refusals=sentences.refusals(comparison),
        accuracy_gate=sentences.accuracy_gate(comparison),
        caveat=sentences.caveat(comparison),
        doubtful=summary(found_doubts),
        doubts=found_doubts,
        speed=_tables(comparison, SPEED_TABLES if finished else SPEED_TABLES[:1]),
        target=targets.words(comparison),
        variants=_variants(comparison),
        details=_tables(comparison, DETAIL_TABLES if finished else ()),
        tuned=_tuned(comparison),
        drawings=drawings(comparison, anchor),
        proof=sentences.proof(comparison),
        certificates=_certificates(comparison),
        proofs=_proofs(comparison),
    )


def _tables(comparison: Comparison, layouts: Sequence[Layout]) -> tuple[PageTable, ...]:
    return tuple(
        PageTable(
            table(sheet.text, sheet.caption, "Framework", "numbers rows")
            if len(sheet.text.columns)
            else None,
            sheet.notes,
            sheet.absent,
        )
        for sheet in sheets(comparison, layouts)
    )


def _variants(comparison: Comparison) -> tuple[PageTable, ...]:
    found = with_variants(comparison)
    return _tables(found, (VARIANTS,)) if any(row.finished for row in found.rows) else ()


def _tuned(comparison: Comparison) -> tuple[Tuned, ...]:
    """The rows with other than default settings, each combination once."""
    found = dict.fromkeys(
        (row.label, tuning.words(record.tuning) or tuning.NOTHING, tuning.origins(record.tuning))
        for row in comparison.rows
        if row.key.settings != DEFAULT
        for record in row.finished
    )
    return tuple(Tuned(*one) for one in found)


def _machine(machine: Machine, records: Sequence[Record]) -> MachineSection:
    own = [record for record in records if machine_key(record.machine) == machine.key]
    text, left_out = ceiling_table(own)
    caption = "What the frameworks' own matrix product and copy reached, and the highest of them"
    return MachineSection(
        machine,
        _table(text, caption, "Operation", "numbers"),
        left_out,
        tuple(fitness.words(finding) for finding in fitness.unique_findings(own)),
    )


def _certificates(comparison: Comparison) -> Markup:
    text = certificates.details((row.label, row.records) for row in comparison.rows)
    return table(text, "What was verified, when, and the largest errors", "Framework", "words")


def _proofs(comparison: Comparison) -> tuple[ProofSection, ...]:
    found = proofs(comparison)
    return tuple(
        ProofSection(
            seed=proof.seed if len(found) > 1 else None,
            proof=proof,
            digests=_table(proof.digests, "Digests of what each trial read", "Of", "words"),
            losses=_table(
                losses_text(proof.losses), "Loss of the first steps, mean per sample", "", "numbers"
            ),
        )
        for proof in found
    )


def _table(text: pd.DataFrame, caption: str, corner: str, kind: str) -> Markup | None:
    return table(text, caption, corner or "Step", kind) if len(text) else None


def _outcome(records: Sequence[Record]) -> str:
    statuses = [record.status for record in records]
    counts = [f"{statuses.count(status)} {status}" for status in dict.fromkeys(statuses)]
    return f"{titles.count(len(records), 'trial')}: {titles.listing(counts)}."


def _failures(records: Sequence[Record]) -> Markup | None:
    return _table(failures(records), "Trials that did not finish, and why", "Trial", "words")


def _facts(records: Sequence[Record]) -> dict[str, str]:
    """What the trials were asked to do, each with all the values that the run has."""
    wanted = {
        "Run": [record.run for record in records],
        "Plan": [record.plan for record in records],
        "Commit of samestep": [record.commit or "unknown" for record in records],
        "Started": [_started(records)],
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


def _started(records: Sequence[Record]) -> str:
    """The date of the first and, if another, the last start, as the records have it."""
    dates = sorted(record.started[:10] for record in records)
    return dates[0] if dates[0] == dates[-1] else f"{dates[0]} to {dates[-1]}"


def _packages(records: Sequence[Record]) -> dict[str, object]:
    known = environments.packages(records)
    return {
        "versions": _table(
            environments.main_versions(known),
            "Main packages of each environment",
            "Framework",
            "words",
        ),
        "packages": known,
    }


def _variables(comparisons: Sequence[Comparison]) -> Markup | None:
    caption = "Environment variables set for each framework"
    return _table(environments.variables(comparisons), caption, "Framework", "words")
