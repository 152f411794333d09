"""The main tables as a JSON document, in base units, for programs. NaN becomes null."""

import json
import math
from dataclasses import asdict
from typing import Any

from reports import sentences, tables
from reports.certificates import certificates
from reports.comparisons import Comparison, compare
from reports.machines import machines
from reports.proof import proofs
from reports.runs import Run

# Schema history:
# 1: first version.
# 2: rows that are not ranked stand below the others and have no ratio_to_fastest; headline,
#    certificates; the optimizer has all its fields.
SCHEMA = 2


def document(run: Run) -> str:
    """The comparisons of a run with their rows, and the trials that are not ok."""
    keys = {machine.key: machine for machine in machines(run.records)}
    content = {
        "schema": SCHEMA,
        "run": run.name,
        "machines": [{"key": key, **machine.facts} for key, machine in keys.items()],
        "comparisons": [_comparison(comparison) for comparison in compare(run.records)],
        "not_ok": [
            {"trial": record.trial.id, "status": record.status, "reason": record.reason}
            for record in run.records
            if record.status != "ok"
        ],
        "problems": list(run.problems),
    }
    return json.dumps(_finite(content), indent=2, allow_nan=False) + "\n"


def _comparison(comparison: Comparison) -> dict[str, Any]:
    return {
        "title": comparison.title,
        **asdict(comparison.work),
        "headline": sentences.headline(comparison),
        "same_digests": all(proof.same for proof in proofs(comparison)),
        "rows": tables.comparison_numbers(comparison).to_dict(orient="records"),
        "certificates": [
            {"label": row.label, **asdict(certificate)}
            for row in comparison.rows
            for certificate in certificates(row.records)
        ],
    }


def _finite(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return value
