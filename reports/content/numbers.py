"""The rows of a comparison as numbers in base units, for programs."""

from typing import Any

from reports.content.absences import explain_absence
from reports.ranking.comparisons import Comparison
from reports.ranking.rows import THROUGHPUT, Row
from reports.trials import certificates
from reports.trials.measured import MEMORY

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
        "framework": row.framework,
        "framework_version": row.version,
        "mode": row.key.mode,
        "settings": row.key.settings,
        "tuning": next((record.tuning for record in row.records if record.tuning), {}),
        "layout": row.key.layout,
        "input": row.key.input,
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
