"""What a run's machine attains at most, and how near a trial's step comes to it."""

import math
from collections.abc import Iterable, Mapping

import pandas as pd

from bench.records.ceilings import UNREADABLE as UNREADABLE_CEILING
from bench.records.ceilings import Ceiling, Measurement
from bench.records.operations import Roofline, calculate_roofline
from bench.records.results import Record
from reports.text import titles, units
from reports.trials.certificates import read_number

NO_COST = "the record does not say how many operations and bytes a step has"
NO_BLOCK = "no block was measured"
NOT_MEASURED = "the machine's ceilings were not measured in this run"
UNREADABLE = "the record's ceilings cannot be read"
NOT_ATTAINED = "no framework could measure the machine's ceilings"

GIGA = 1e9


def compute_step_roofline(record: Record, step_seconds: float) -> Roofline | str:
    """Return where a step lies under the record's ceilings, or why nobody can say."""
    operations, least_bytes = map(read_number, (record.cost.operations, record.cost.bytes))
    if not (math.isfinite(operations) and math.isfinite(least_bytes)):
        return NO_COST
    if not step_seconds > 0:
        return NO_BLOCK
    ceiling = record.ceilings
    if ceiling is None:
        return NOT_MEASURED
    if ceiling is UNREADABLE_CEILING:
        return UNREADABLE
    # A forged file may have rates of 0.
    arithmetic, memory = ceiling.operations_per_second or 0, ceiling.bytes_per_second or 0
    if not (arithmetic > 0 and memory > 0):
        return NOT_ATTAINED
    return calculate_roofline(operations, least_bytes, step_seconds, arithmetic, memory)


def build_ceiling_table(records: Iterable[Record]) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """What each framework reached in each precision, as text, and why some are not there.

    A row per precision and one for the copy of memory; the ceiling is the largest of its row.
    """
    ceilings = _ceilings(records)
    rows: dict[str, Mapping[str, Measurement]] = {
        f"Matrix product, {titles.describe_precision(precision)} (GFLOP/s)": ceiling.products
        for (precision, _), ceiling in ceilings.items()
    }
    for ceiling in ceilings.values():
        # The same in every precision.
        rows["Copy of memory (GB/s)"] = ceiling.copies
    names = list(dict.fromkeys(name for measured in rows.values() for name in measured))
    text = pd.DataFrame(
        [_row(measured, names) for measured in rows.values()], index=list(rows), dtype=object
    )
    reasons = [
        f"{titles.describe_framework(name)} in {titles.describe_precision(precision)}: {reason}"
        for (precision, _), ceiling in ceilings.items()
        for name, reason in ceiling.reasons.items()
    ]
    return text, tuple(dict.fromkeys(reasons))


def _ceilings(records: Iterable[Record]) -> dict[tuple[str, str], Ceiling]:
    """By precision and device: each is measured once in a run."""
    ceilings: dict[tuple[str, str], Ceiling] = {}
    for record in records:
        key = (record.trial.precision, record.trial.device)
        ceiling = record.ceilings
        if ceiling is not None and ceiling is not UNREADABLE_CEILING:
            ceilings.setdefault(key, ceiling)
    return ceilings


def _row(measured: Mapping[str, Measurement], names: Iterable[str]) -> dict[str, str]:
    rates = {name: measurement.per_second for name, measurement in measured.items()}
    best = max(rates, key=rates.__getitem__, default=None)
    return {
        "Ceiling": units.format_number(max(rates.values(), default=math.nan) / GIGA),
        "Attained by": titles.describe_framework(best) if best else units.ABSENT,
        **{
            titles.describe_framework(name): units.format_number(rates.get(name, math.nan) / GIGA)
            for name in names
        },
    }
