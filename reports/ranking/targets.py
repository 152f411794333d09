"""Time to accuracy: how long each row trains until it is as good as all of them get."""

import math
from functools import lru_cache

from bench.records.results import Record
from reports.ranking.comparisons import Comparison
from reports.ranking.rows import Row
from reports.text import titles, units

# The target is rounded down to a multiple of this: a number that people can quote.
GRAIN = 0.005
LEAST_EVALUATIONS = 2

NO_TARGET = "no accuracy is asked of random data"
NO_PEERS = "no row is ranked"
ONE_EVALUATION = "a trial was evaluated only once, at its end"
NOT_REACHED = "the target accuracy was not reached"


@lru_cache(maxsize=32)
def find_target(comparison: Comparison) -> float | str:
    """The highest accuracy that all finished trials of the ranked rows reach, or why there is none.

    It comes from the trials themselves, so that every ranked row has a time; rounded down to half a
    percent.
    """
    if titles.is_synthetic(comparison.work.dataset):
        return NO_TARGET
    records = [record for row in comparison.ranked for record in row.finished]
    if not records:
        return NO_PEERS
    if min(len(record.epochs) for record in records) < LEAST_EVALUATIONS:
        return ONE_EVALUATION
    common = min(
        max(
            (epoch.test_accuracy for epoch in record.epochs if math.isfinite(epoch.test_accuracy)),
            default=0.0,
        )
        for record in records
    )
    # 0.97 / 0.005 is 193.99999999999997.
    return math.floor(common / GRAIN + 1e-9) * GRAIN if common > 0 else NOT_REACHED


def measure_seconds_to(row: Row, accuracy: float) -> list[float]:
    """Return for each invocation the seconds of training until an evaluation is as good.

    Compilation is in it, import, build and the evaluations are not; NaN where it is never reached.
    """
    return [_seconds(record, accuracy) for record in row.finished]


def describe_target(comparison: Comparison) -> str:
    """What the target is; empty where there is none."""
    accuracy = find_target(comparison)
    if isinstance(accuracy, str):
        return ""
    return (
        f"The target accuracy is {units.format_percent(accuracy)}%: the highest multiple of half a "
        "percent that all finished trials of the ranked rows reach. The time to it is training, "
        "including compilation, until the first evaluation at or above the target."
    )


def _seconds(record: Record, accuracy: float) -> float:
    seconds = 0.0
    for epoch in record.epochs:
        seconds += epoch.seconds
        if epoch.test_accuracy >= accuracy:
            return seconds
    return math.nan
