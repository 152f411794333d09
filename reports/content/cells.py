"""One cell of a table: a number with its interval, or a dash with the reason why there is none.

`reports.content.tables` asks only for cells of rows that have a finished trial.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bench.records.results import Record
from reports.ranking import targets
from reports.ranking.comparisons import Comparison
from reports.ranking.rows import THROUGHPUT, Row
from reports.ranking.variants import find_baseline
from reports.records.identity import keep_distinct
from reports.statistics.intervals import Interval, estimate_median
from reports.text import units
from reports.text.units import Format
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
NOT_RANKED = "the row is not ranked"
NO_DIFFERENCE = "this run cannot distinguish the two"
# What a series of blocks looks like, under the heading "Steady state".
STATES = {
    "steady": "from the start",
    "steady after warm-up": "after warm-up",
    "steady after slowdown": "after slowdown",
    "no steady state": "none",
    "too few blocks": "with too few blocks to tell",
}


@dataclass(frozen=True)
class TableCell:
    """What stands in a cell.

    Attributes:
        note: why there is no number, or which invocations it does not hold for.
    """

    text: str
    note: str | None = None

    @property
    def absent(self) -> bool:
        """Whether there is no number."""
        return self.text == units.ABSENT


def make_dash(reason: str) -> TableCell:
    """A dash."""
    return TableCell(units.ABSENT, reason)


def format_interval(interval: Interval, text: Format) -> str:
    """A median and, in parentheses, its interval."""
    if not interval.exists:
        return text(interval.median)
    return f"{text(interval.median)} ({text(interval.low)}{units.DASH}{text(interval.high)})"


def format_ratio(ratio: Interval) -> str:
    """A ratio and, in parentheses, its interval."""
    return format_interval(ratio, units.format_multiple)


def show_quantity(row: Row, column: str, text: Format) -> TableCell:
    """The median over the row's invocations of a column of its trials."""
    estimate = row.estimate(column)
    if not estimate.count:
        return make_dash(explain_absence(row, column))
    shown, lost = format_interval(estimate, text), len(row.finished) - estimate.count
    if not lost:
        return TableCell(shown)
    reasons = explain_absence(row, column)
    return TableCell(shown, f"{lost} of {len(row.finished)} invocations left out: {reasons}")


def show_ratio_to_fastest(comparison: Comparison, row: Row) -> TableCell:
    """The row's throughput as a multiple of the fastest ranked row's."""
    if comparison.fastest is None:
        return make_dash("fewer than two rows are ranked")
    if row.refusal is not None:
        return make_dash(NOT_RANKED)
    if row is comparison.fastest:
        return TableCell(units.format_multiple(1.0))
    return TableCell(format_ratio(row.estimate_ratio_to(comparison.fastest)))


def show_baseline(comparison: Comparison, row: Row) -> TableCell:
    """The row's baseline."""
    baseline = find_baseline(comparison, row)
    return TableCell(baseline.key.short_label if baseline else "itself")


def show_ratio_to_baseline(comparison: Comparison, row: Row) -> TableCell:
    """The row's throughput as a multiple of its baseline's, and whether they can be told apart."""
    reference = find_baseline(comparison, row) or row
    if not reference.finished:
        return make_dash("its baseline did not finish")
    if row.refusal is not None or reference.refusal is not None:
        return make_dash(NOT_RANKED)
    if reference is row:
        return TableCell(units.format_multiple(1.0))
    text = format_ratio(row.estimate_ratio_to(reference))
    return TableCell(text, NO_DIFFERENCE if row.differs_from(reference) is False else None)


def show_time_to_target(comparison: Comparison, row: Row) -> TableCell:
    """Seconds of training to the accuracy that all ranked rows reach."""
    accuracy = targets.find_target(comparison)
    if isinstance(accuracy, str):
        return make_dash(accuracy)
    seconds = estimate_median(targets.measure_seconds_to(row, accuracy))
    if not seconds.count:
        return make_dash(targets.NOT_REACHED)
    lost = len(row.finished) - seconds.count
    note = f"{lost} of {len(row.finished)} invocations left out: {targets.NOT_REACHED}"
    return TableCell(format_interval(seconds, units.format_number), note if lost else None)


def show_spread_between(row: Row) -> TableCell:
    """The spread of the invocations' medians, named where it is their range."""
    value = row.spread_between
    if math.isnan(value):
        return _of_one(row)
    return TableCell(units.format_share(value) + (" (range)" if row.spread_is_range else ""))


def show_noise_floor(row: Row) -> TableCell:
    """The smallest difference that the row can show."""
    value = row.noise_floor
    return _of_one(row) if math.isnan(value) else TableCell(units.format_share(value))


def show_steady_state(row: Row) -> TableCell:
    """How many invocations are in which state."""
    parts = (f"{count} {STATES.get(state, state)}" for state, count in row.states.items())
    return TableCell(", ".join(parts))


def show_bound(row: Row) -> TableCell:
    """What bounds the row's steps: each answer of its invocations once."""
    bounds = [str(value) for value in row.trials["bound"].dropna()]
    if not bounds:
        return make_dash(explain_absence(row, "arithmetic_share"))
    return TableCell(" or ".join(dict.fromkeys(bounds)))


def _of_one(row: Row) -> TableCell:
    if row.throughput.count == 1:
        return make_dash("a single invocation has no spread between invocations and no interval")
    return make_dash(explain_absence(row, "throughput_samples_per_second"))


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
