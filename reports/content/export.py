"""The main tables as a JSON document, in base units, for programs. NaN becomes null."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from msgspec import to_builtins

from bench.records.ceilings import UNREADABLE
from bench.records.lines import to_finite
from bench.records.results import Record
from reports.content import sentences
from reports.content.doubts import Doubt, find_doubts
from reports.content.numbers import collect_numbers
from reports.content.proof import Proof, find_proofs
from reports.ranking.comparisons import Comparison
from reports.ranking.machines import find_machines
from reports.runs.loaded import LoadedRuns
from reports.text.conditions import collect_findings
from reports.trials.certificates import collect_certificates

# Schema history:
# 1: first version.
# 2: rows that are not ranked stand below the others and have no ratio_to_fastest; headline,
#    certificates; the optimizer has all its fields.
# 3: numbers are medians over invocations and no longer over pooled blocks, with `intervals` and
#    `absent` beside them; percentiles of blocks and lowest and highest of trials are gone. New:
#    layout, input, steady, bound, shares of the ceilings, spreads, noise floor, memory, energy,
#    tuning, doubts; of a machine its ceilings and what was noted of it.
SCHEMA = 3


def to_json(run: LoadedRuns, comparisons: Sequence[Mapping[str, Any]] | None = None) -> str:
    """The comparisons of a run with their rows, and the trials that are not ok.

    Args:
        comparisons: `export_comparison` of each, where they are there already.
    """
    if comparisons is None:
        comparisons = [
            export_comparison(comparison, find_proofs(comparison), find_doubts(comparison))
            for comparison in run.comparisons
        ]
    machines = [
        {"key": machine.key, **machine.facts, **_machine(run.select_records(machine.key))}
        for machine in find_machines(run.records)
    ]
    content = {
        "schema": SCHEMA,
        "run": run.name,
        "machines": to_finite(machines),
        "comparisons": comparisons,
        "not_ok": [
            {"trial": record.trial.id, "status": record.status, "reason": record.reason}
            for record in run.records
            if record.status != "ok"
        ],
        "problems": list(run.warnings),
    }
    return json.dumps(content, allow_nan=False) + "\n"


def _machine(own: Sequence[Record]) -> dict[str, Any]:
    # Of each precision the first record's.
    ceilings = {record.trial.precision: record.ceilings for record in reversed(own)}
    return {
        "ceilings": {
            name: asdict(ceiling)
            for name, ceiling in ceilings.items()
            if ceiling is not None and ceiling is not UNREADABLE
        },
        "fitness": to_builtins(collect_findings(own)),
    }


def export_comparison(
    comparison: Comparison, found_proofs: Sequence[Proof], found_doubts: Sequence[Doubt]
) -> dict[str, Any]:
    """What the document says of a comparison, without NaN, which JSON has not."""
    content = {
        "title": comparison.title,
        **asdict(comparison.work),
        "headline": sentences.write_headline(comparison),
        "same_digests": all(proof.same for proof in found_proofs),
        "rows": collect_numbers(comparison),
        "doubts": [doubt.sentence for doubt in found_doubts],
        "certificates": [
            {"label": row.label, **asdict(certificate)}
            for row in comparison.rows
            for certificate in collect_certificates(row.records)
        ],
    }
    return {name: to_finite(value) for name, value in content.items()}
