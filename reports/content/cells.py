"""One cell of a table: a number with its interval, or a dash with the reason why there is none."""

import math
from dataclasses import dataclass

from reports.content.absences import absence, unfinished
from reports.ranking import targets
from reports.ranking.comparisons import Comparison
from reports.ranking.rows import Row
from reports.ranking.variants import baseline
from reports.statistics.intervals import Interval, median_interval
from reports.text import units
from reports.text.units import Format

ONE_INVOCATION = "one invocation has no spread between invocations, and no interval"
NOT_RANKED = "the row is not ranked"
NO_BASELINE = "its baseline did not finish"
NO_DIFFERENCE = "no difference that this run can show"
NO_TWO_RANKED = "there are no two ranked rows"
# What a series of blocks looks like, under the heading "Steady state".
STATES = {
    "steady": "from the start",
    "steady after warm-up": "after warm-up",
    "steady after slowdown": "after slowdown",
    "no steady state": "none",
}


@dataclass(frozen=True)
class Cell:
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


def missing(reason: str) -> Cell:
    """A dash."""
    return Cell(units.ABSENT, reason)


def words(interval: Interval, text: Format) -> str:
    """A median and, in parentheses, its interval."""
    if not interval.exists:
        return text(interval.median)
    return f"{text(interval.median)} ({text(interval.low)}{units.DASH}{text(interval.high)})"


def quantity(row: Row, column: str, text: Format) -> Cell:
    """The median over the row's invocations of a column of its trials."""
    estimate = row.estimate(column)
    if not estimate.count:
        return missing(absence(row, column))
    shown, lost = words(estimate, text), len(row.finished) - estimate.count
    if not lost:
        return Cell(shown)
    reasons = absence(row, column)
    return Cell(shown, f"{lost} of {len(row.finished)} invocations left out: {reasons}")


def ratio_to_fastest(comparison: Comparison, row: Row) -> Cell:
    """The row's throughput as a multiple of the fastest ranked row's."""
    if not row.finished:
        return missing(unfinished(row))
    if comparison.fastest is None:
        return missing(NO_TWO_RANKED)
    if row.refusal is not None:
        return missing(NOT_RANKED)
    if row is comparison.fastest:
        return Cell(units.multiple(1.0))
    return Cell(words(row.ratio_to(comparison.fastest), units.multiple))


def compared_with(comparison: Comparison, row: Row) -> Cell:
    """The row's baseline."""
    found = baseline(comparison, row)
    return Cell(found.key.short_label if found else "itself")


def ratio_to_baseline(comparison: Comparison, row: Row) -> Cell:
    """The row's throughput as a multiple of its baseline's, and whether they can be told apart."""
    reference = baseline(comparison, row) or row
    if not row.finished:
        return missing(unfinished(row))
    if not reference.finished:
        return missing(NO_BASELINE)
    if row.refusal is not None or reference.refusal is not None:
        return missing(NOT_RANKED)
    if reference is row:
        return Cell(units.multiple(1.0))
    text = words(row.ratio_to(reference), units.multiple)
    return Cell(text, NO_DIFFERENCE if row.differs_from(reference) is False else None)


def time_to_target(comparison: Comparison, row: Row) -> Cell:
    """Seconds of training to the accuracy that all ranked rows reach."""
    if not row.finished:
        return missing(unfinished(row))
    accuracy = targets.target(comparison)
    if isinstance(accuracy, str):
        return missing(accuracy)
    found = median_interval(targets.seconds_to(row, accuracy))
    if not found.count:
        return missing(targets.NOT_REACHED)
    lost = len(row.finished) - found.count
    note = f"{lost} of {len(row.finished)} invocations left out: {targets.NOT_REACHED}"
    return Cell(words(found, units.number), note if lost else None)


def spread_between(row: Row) -> Cell:
    """The spread of the invocations' medians, named where it is their range."""
    value = row.spread_between
    if math.isnan(value):
        return _of_one(row)
    return Cell(units.share(value) + (" (range)" if row.spread_is_range else ""))


def noise_floor(row: Row) -> Cell:
    """The smallest difference that the row can show."""
    value = row.noise_floor
    return _of_one(row) if math.isnan(value) else Cell(units.share(value))


def steady_state(row: Row) -> Cell:
    """How many invocations are in which state."""
    if not row.finished:
        return missing(unfinished(row))
    parts = (f"{count} {STATES.get(state, state)}" for state, count in row.states.items())
    return Cell(", ".join(parts))


def bound(row: Row) -> Cell:
    """What bounds the row's steps: each answer of its invocations once."""
    found = [str(value) for value in row.trials["bound"].dropna()]
    if not found:
        return missing(absence(row, "arithmetic_share"))
    return Cell(" or ".join(dict.fromkeys(found)))


def _of_one(row: Row) -> Cell:
    if row.throughput.count == 1:
        return missing(ONE_INVOCATION)
    return missing(absence(row, "throughput_samples_per_second"))
