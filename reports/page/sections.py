"""What the page shows of one comparison: text and nothing else, as any process can make it.

The template names each value; one that is not there is an error.
"""

from collections.abc import Sequence
from typing import Any

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
    make_sheet,
)
from reports.figures import draw_comparison
from reports.ranking import targets
from reports.ranking.comparisons import Comparison
from reports.ranking.machines import Machine
from reports.ranking.rows import DEFAULT
from reports.ranking.variants import select_variants
from reports.text import conditions, titles
from reports.text.markup import render_table, render_table_or_none
from reports.trials import certificates

SPEED_TABLES = (SPEED, MACHINE, PROOF)
DETAIL_TABLES = (TIMES, MEMORY, ENERGY)


def make_section(
    number: int,
    comparison: Comparison,
    machines: Sequence[Machine],
    proofs: Sequence[Proof],
    doubts: Sequence[Doubt],
) -> dict[str, Any]:
    """Return the section of a comparison whose number is unique on the page."""
    anchor = f"comparison-{number}"
    finished = any(row.finished for row in comparison.rows)
    return {
        "anchor": anchor,
        "title": comparison.title,
        "conditions": ", ".join(comparison.work.conditions.values()),
        "machine": next(item.number for item in machines if item.key == comparison.work.machine),
        "started": titles.format_days(record.started for record in comparison.records),
        "headline": sentences.write_headline(comparison),
        "finding": sentences.write_finding(comparison),
        "refusals": sentences.list_refusals(comparison),
        "gates": sentences.describe_gates(comparison),
        "caveat": sentences.explain_intervals(comparison),
        "doubtful": summarize_doubts(doubts),
        "doubts": doubts,
        "speed": _tables(comparison, SPEED_TABLES if finished else SPEED_TABLES[:1]),
        "target": targets.describe_target(comparison),
        "variants": _variants(comparison),
        "details": _tables(comparison, DETAIL_TABLES if finished else ()),
        "tuned": _tuned(comparison),
        "drawings": draw_comparison(comparison, anchor),
        # Curves can lie on one another.
        "equal_curves": len(comparison.timed) > 1,
        "proof": sentences.describe_proof(comparison),
        "certificates": render_table(
            certificates.build_certificate_table(
                (row.label, row.records) for row in comparison.rows
            ),
            "What was verified, when, and the largest errors",
            "Framework",
            "words",
        ),
        # Where the comparison has only one seed, nobody needs to know it.
        "proofs": [_proof(proof, proof.seed if len(proofs) > 1 else None) for proof in proofs],
    }


def _tables(comparison: Comparison, layouts: Sequence[Layout]) -> list[dict[str, Any]]:
    return [
        {
            "html": render_table(sheet.text, sheet.caption, "Framework", "numbers rows")
            if len(sheet.text.columns)
            else None,
            "notes": sheet.notes,
            "absent": sheet.absent,
        }
        for sheet in (make_sheet(comparison, layout) for layout in layouts)
    ]


def _variants(comparison: Comparison) -> list[dict[str, Any]]:
    with_baselines = select_variants(comparison)
    finished = any(row.finished for row in with_baselines.rows)
    return _tables(with_baselines, (VARIANTS,)) if finished else []


def _tuned(comparison: Comparison) -> list[dict[str, Any]]:
    rows = dict.fromkeys(
        (
            row.label,
            conditions.describe_tuning(record.tuning) or conditions.NOTHING,
            conditions.list_origins(record.tuning),
        )
        for row in comparison.rows
        if row.key.settings != DEFAULT
        for record in row.finished
    )
    return [dict(zip(("label", "words", "origins"), row, strict=True)) for row in rows]


def _proof(proof: Proof, seed: int | None) -> dict[str, Any]:
    return {
        "seed": seed,
        "words": " ".join(proof.words),
        "same": proof.same,
        "digests": render_table_or_none(
            proof.digests, "Digests of what each trial read", "Of", "words"
        ),
        "losses": render_table_or_none(
            format_losses(proof.losses),
            "Loss of the first steps, mean per sample",
            "Step",
            "numbers",
        ),
    }
