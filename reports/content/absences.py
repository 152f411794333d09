"""Why a row has no number of some quantity: as its records say, or as its trials ended."""

import math
from collections.abc import Callable, Mapping

from bench.records.results import Record
from reports.ranking.rows import THROUGHPUT, Row
from reports.records.identity import keep_distinct
from reports.trials.ceilings import compute_step_roofline

NOT_RECORDED = "not recorded"
NO_MEASURED_BLOCK = "it was too short for a block after warm-up"
FEW_BLOCKS = "an invocation has fewer than 4 measured blocks"

# A record tells of what was measured; these columns are made from that.
MADE_FROM = {
    "gpu_joules_per_sample": "gpu_joules",
    "cpu_package_joules_per_sample": "cpu_package_joules",
    "device_clock_difference": "device_seconds",
}


def explain_absence(row: Row, column: str) -> str:
    """Why those finished trials that have no number in a column have none."""
    if not row.finished:
        return describe_unfinished(row)
    lost = [
        (record, step_seconds)
        for record, value, step_seconds in zip(
            row.finished, row.values(column), row.values("step_seconds"), strict=True
        )
        if math.isnan(value)
    ]
    explain = _EXPLAINED.get(column)
    if explain is None:
        # Most trials of a row share what they say of what they lack.
        absences = keep_distinct(record.absent for record, _ in lost)
        reasons = [_read_reason(absent, column) or NOT_RECORDED for absent in absences]
    else:
        reasons = [
            _read_reason(record.absent, column) or explain(record, step_seconds)
            for record, step_seconds in lost
        ]
    return "; ".join(dict.fromkeys(reasons)) or NOT_RECORDED


def describe_unfinished(row: Row) -> str:
    """What there is to say of a row without a finished trial."""
    return f"no trial finished ({row.outcome})"


def _read_reason(absent: Mapping[str, str], column: str) -> str:
    return absent.get(MADE_FROM.get(column, column), "").strip().removesuffix(".")


def _no_roofline(record: Record, step_seconds: float) -> str:
    roofline = compute_step_roofline(record, step_seconds)
    return roofline if isinstance(roofline, str) else NOT_RECORDED


_EXPLAINED: dict[str, Callable[[Record, float], str]] = {
    THROUGHPUT: lambda record, seconds: NO_MEASURED_BLOCK,
    "step_seconds": lambda record, seconds: NO_MEASURED_BLOCK,
    "relative_block_iqr": lambda record, seconds: FEW_BLOCKS,
    "arithmetic_share": _no_roofline,
    "bandwidth_share": _no_roofline,
}
