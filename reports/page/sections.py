"""What the page shows of one comparison."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from reports.content import sentences
from reports.content.doubts import Doubt, summarize_doubts
from reports.content.proof import Proof, format_losses
from reports.content.tables import (
    ENERGY,
    MACHINE,
    MEMORY,
    PROOF,
    SPEED,
    TIMES,
    VARIANTS,
    Layout,
    make_sheets,
)
from reports.figures import Drawing, draw_comparison
from reports.ranking import targets
from reports.ranking.comparisons import Comparison
from reports.ranking.machines import Machine
from reports.ranking.rows import DEFAULT
from reports.ranking.variants import select_variants
from reports.text import titles, tuning
from reports.text.markup import render_table, render_table_or_none
from reports.trials import certificates

SPEED_TABLES = (SPEED, MACHINE, PROOF)
DETAIL_TABLES = (TIMES, MEMORY, ENERGY)


@dataclass(frozen=True)
class ProofSection:
    """What the trials of one seed had in common.

    Attributes:
        seed: None where the comparison has only one.
        same: whether all their inputs were.
    """

    seed: int | None
    words: str
    same: bool
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
class ComparisonSection:
    """What the page shows of one comparison: text and nothing else, as any process can make it.

    Attributes:
        equal_curves: whether curves can lie on one another.
    """

    anchor: str
    title: str
    conditions: str
    machine: int
    started: str
    headline: str
    finding: str
    refusals: dict[str, str]
    gates: str
    caveat: str
    doubtful: str
    doubts: tuple[Doubt, ...]
    speed: tuple[PageTable, ...]
    target: str
    variants: tuple[PageTable, ...]
    details: tuple[PageTable, ...]
    tuned: tuple[Tuned, ...]
    drawings: tuple[Drawing, ...]
    equal_curves: bool
    proof: str
    certificates: Markup
    proofs: tuple[ProofSection, ...]


def make_section(
    number: int,
    comparison: Comparison,
    found_machines: Sequence[Machine],
    found_proofs: Sequence[Proof],
    found_doubts: tuple[Doubt, ...],
) -> ComparisonSection:
    """The section of a comparison.

    Args:
        number: unique on the page.
        found: the machines that the page knows.
        found_proofs, found_doubts: of the comparison.
    """
    anchor = f"comparison-{number}"
    finished = any(row.finished for row in comparison.rows)
    return ComparisonSection(
        anchor=anchor,
        title=comparison.title,
        conditions=", ".join(comparison.work.conditions.values()),
        machine=next(item.number for item in found_machines if item.key == comparison.work.machine),
        started=titles.format_days(record.started for record in comparison.records),
        headline=sentences.write_headline(comparison),
        finding=sentences.write_finding(comparison),
        refusals=sentences.list_refusals(comparison),
        gates=sentences.describe_gates(comparison),
        caveat=sentences.explain_intervals(comparison),
        doubtful=summarize_doubts(found_doubts),
        doubts=found_doubts,
        speed=_tables(comparison, SPEED_TABLES if finished else SPEED_TABLES[:1]),
        target=targets.describe_target(comparison),
        variants=_variants(comparison),
        details=_tables(comparison, DETAIL_TABLES if finished else ()),
        tuned=_tuned(comparison),
        drawings=draw_comparison(comparison, anchor),
        equal_curves=len(comparison.timed) > 1,
        proof=sentences.describe_proof(comparison),
        certificates=_certificates(comparison),
        proofs=_proofs(found_proofs),
    )


def _tables(comparison: Comparison, layouts: Sequence[Layout]) -> tuple[PageTable, ...]:
    return tuple(
        PageTable(
            render_table(sheet.text, sheet.caption, "Framework", "numbers rows")
            if len(sheet.text.columns)
            else None,
            sheet.notes,
            sheet.absent,
        )
        for sheet in make_sheets(comparison, layouts)
    )


def _variants(comparison: Comparison) -> tuple[PageTable, ...]:
    with_baselines = select_variants(comparison)
    return (
        _tables(with_baselines, (VARIANTS,))
        if any(row.finished for row in with_baselines.rows)
        else ()
    )


def _tuned(comparison: Comparison) -> tuple[Tuned, ...]:
    rows = dict.fromkeys(
        (
            row.label,
            tuning.describe_tuning(record.tuning) or tuning.NOTHING,
            tuning.list_origins(record.tuning),
        )
        for row in comparison.rows
        if row.key.settings != DEFAULT
        for record in row.finished
    )
    return tuple(Tuned(*row) for row in rows)


def _certificates(comparison: Comparison) -> Markup:
    text = certificates.build_certificate_table((row.label, row.records) for row in comparison.rows)
    return render_table(
        text, "What was verified, when, and the largest errors", "Framework", "words"
    )


def _proofs(found_proofs: Sequence[Proof]) -> tuple[ProofSection, ...]:
    return tuple(
        ProofSection(
            seed=proof.seed if len(found_proofs) > 1 else None,
            words=" ".join(proof.words),
            same=proof.same,
            digests=render_table_or_none(
                proof.digests, "Digests of what each trial read", "Of", "words"
            ),
            losses=render_table_or_none(
                format_losses(proof.losses),
                "Loss of the first steps, mean per sample",
                "Step",
                "numbers",
            ),
        )
        for proof in found_proofs
    )
