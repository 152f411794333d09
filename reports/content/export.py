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
from reports.content.cells import explain_absence
from reports.content.doubts import Doubt, find_doubts
from reports.content.proof import Proof, find_proofs
from reports.ranking.comparisons import Comparison
from reports.ranking.machines import find_machines
from reports.ranking.rows import THROUGHPUT, Row
from reports.runs.loading import LoadedRuns
from reports.text.conditions import collect_findings
from reports.trials import certificates
from reports.trials.measured import MEMORY

# Schema history:
# 1: first version.
# 2: rows that are not ranked stand below the others and have no ratio_to_fastest; headline,
#    certificates; the optimizer has all its fields.
# 3: numbers are medians over invocations and no longer over pooled blocks, with `intervals` and
#    `absent` beside them; percentiles of blocks and lowest and highest of trials are gone. New:
#    layout, input, steady, bound, shares of the ceilings, spreads, noise floor, memory, energy,
#    tuning, doubts; of a machine its ceilings and what was noted of it.
SCHEMA = 3

QUANTITIES = (
    THROUGHPUT,
    "step_seconds",
    "relative_block_iqr",
    "measured_blocks",
    "arithmetic_share",
    "bandwidth_share",
    "device_clock_difference",
    "test_accuracy",
    "training_seconds",
    "time_to_first_step_seconds",
    "import_seconds",
    "build_seconds",
    "first_step_seconds",
    *MEMORY,
    "gpu_joules_per_sample",
    "cpu_package_joules_per_sample",
)


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
        {
            **{"key": machine.key, **machine.facts, "changes": machine.changes or None},
            **_machine(run.select_records(machine.key)),
        }
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
    comparison: Comparison, proofs: Sequence[Proof], doubts: Sequence[Doubt]
) -> dict[str, Any]:
    """What the document says of a comparison, without NaN, which JSON has not."""
    content = {
        "title": comparison.title,
        **asdict(comparison.work),
        "headline": sentences.write_headline(comparison),
        "same_digests": all(proof.same for proof in proofs),
        "rows": collect_numbers(comparison),
        "doubts": [doubt.sentence for doubt in doubts],
        "certificates": [
            {"label": row.label, **asdict(certificate)}
            for row in comparison.rows
            for certificate in certificates.collect_certificates(row.records)
        ],
    }
    return {name: to_finite(value) for name, value in content.items()}


def collect_numbers(comparison: Comparison) -> list[dict[str, Any]]:
    """Return each row in the order of ranks: medians over invocations by the names of columns.

    `reports.trials.columns` describes the names. Their intervals are in `intervals`, and why there
    is no number in `absent`.
    """
    return [_numbers(comparison, row) for row in comparison.rows]


def _numbers(comparison: Comparison, row: Row) -> dict[str, Any]:
    estimates = {column: row.estimate(column) for column in QUANTITIES}
    fastest = comparison.fastest
    if fastest is not None and row.refusal is None:
        estimates["ratio_to_fastest"] = row.estimate_ratio_to(fastest)
    return {
        "label": row.label,
        "framework": row.key.framework,
        "framework_version": row.key.version,
        **row.key.way,
        "tuning": next((record.tuning for record in row.records if record.tuning), {}),
        "turns": row.key.turns,
        "ranked": row.refusal is None,
        "unranked_reason": row.refusal,
        "proof": certificates.describe_proof(row.records),
        "verdict": certificates.combine_verdicts(row.records),
        **certificates.summarize_numbers(certificates.collect_certificates(row.records)),
        "trials": len(row.records),
        "trials_ok": len(row.finished),
        "outcome": row.outcome,
        "steady": dict(row.states),
        "bound": sorted(set(row.trials["bound"].dropna())),
        "ratio_to_fastest": None,
        "spread_between": row.spread_between,
        "spread_between_is_range": row.spread_is_range,
        "noise_floor": row.noise_floor,
        **{name: estimate.median for name, estimate in estimates.items()},
        "intervals": {
            name: {
                "low": estimate.low,
                "high": estimate.high,
                "invocations": estimate.count,
                "covers": estimate.covers,
            }
            for name, estimate in estimates.items()
            if estimate.exists
        },
        "absent": {
            name: explain_absence(row, name)
            for name, estimate in estimates.items()
            if not estimate.count
        },
    }
