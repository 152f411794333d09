"""The rows of a run as dashboards know them: by names that stay the same, and by their numbers.

Each number that is published is finite, or not there at all.
"""

import math
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from itertools import chain, count

from reports.ranking.comparisons import Comparison
from reports.ranking.metrics import METRICS, Metric
from reports.ranking.rows import Row
from reports.text import titles
from reports.text.output import drop_surrogates

UNKNOWN = "unknown"
SEPARATOR = "@"
# Of what a unit's scale makes of a number: 0.97 by 0.01 is 97, and not 97.00000000000001.
DIGITS = 12


@dataclass(frozen=True, eq=False)
class NamedRow:
    """A row of a comparison under the name of its series.

    Attributes:
        name: `Trial.series`. Where several rows of one file have the same, what tells them apart
            is appended, so that no two are called alike.
    """

    name: str
    comparison: Comparison
    row: Row

    @property
    def version(self) -> str:
        """Version of the framework."""
        return self.row.key.version or UNKNOWN

    @property
    def commit(self) -> str:
        """Commit of samestep, shortened."""
        # All records of a row have the same: of another commit is another row.
        return titles.shorten_commit(self.row.records[0].commit)

    @property
    def ranked(self) -> bool:
        """Whether the report ranks the row."""
        return self.row.refusal is None

    @property
    def state(self) -> dict[str, str]:
        """What may change while the series goes on, as text."""
        return {
            "framework_version": self.version,
            "commit": self.commit,
            "machine": self.comparison.work.machine,
            "ranked": "true" if self.ranked else "false",
            "unranked_reason": self.row.refusal or "",
        }


def name_rows(comparisons: Iterable[Comparison]) -> tuple[NamedRow, ...]:
    """All rows with their names, in the order of the report."""
    rows = [
        NamedRow(drop_surrogates(row.records[0].trial.series), comparison, row)
        for comparison in comparisons
        for row in comparison.rows
    ]
    alike: dict[str, list[dict[str, str]]] = defaultdict(list)
    for row in rows:
        alike[row.name].append(_facts(row))
    unique: dict[str, NamedRow] = {}
    for row in rows:
        differing = [
            text
            for name, text in _facts(row).items()
            if any(facts[name] != text for facts in alike[row.name])
        ]
        name = _find_unused(SEPARATOR.join((row.name, *differing)), unique)
        unique[name] = replace(row, name=name)
    return tuple(unique.values())


def _facts(named_row: NamedRow) -> dict[str, str]:
    work = named_row.comparison.work
    facts = {
        "version": named_row.version,
        "commit": f"commit-{named_row.commit}",
        "machine": f"machine-{work.machine}",
        "threads": f"threads-{work.threads}",
        "epochs": f"epochs-{work.epochs}",
        "optimizer": titles.describe_optimizer(work.optimizer),
    }
    # Two names must not become one when they are written.
    return {name: drop_surrogates(text) for name, text in facts.items()}


def _find_unused(name: str, used: Collection[str]) -> str:
    """The name, with a number behind it if it is there already: parts may hold a hyphen."""
    numbered = (f"{name}{SEPARATOR}{number}" for number in count(2))
    return next(each for each in chain([name], numbered) if each not in used)


@dataclass(frozen=True)
class MetricValue:
    """A metric of a row: the median over its invocations.

    Attributes:
        low, high: the interval's bounds, both None where there is none.
        invocations: that have a value.
        covers: the share of such intervals that hold the true median; None without an interval.
    """

    metric: Metric
    value: float
    low: float | None
    high: float | None
    invocations: int
    covers: float | None


def collect_values(
    row: Row, metrics: Iterable[Metric] = METRICS, base_units: bool = False
) -> tuple[MetricValue, ...]:
    """Collect what a row has a number of.

    Args:
        base_units: seconds, bytes, shares from 0 to 1, instead of each metric's own unit.
    """
    values = (_value(metric, row, 1.0 if base_units else metric.scale) for metric in metrics)
    return tuple(value for value in values if value is not None)


def _value(metric: Metric, row: Row, scale: float) -> MetricValue | None:
    estimate = row.estimate(metric.column)
    value, low, high = (
        _scaled(number, scale) for number in (estimate.median, estimate.low, estimate.high)
    )
    # The median of two finite numbers of a forged record may be beyond all numbers.
    if not math.isfinite(value):
        return None
    if not math.isfinite(low) or not math.isfinite(high - low):
        return MetricValue(metric, value, None, None, estimate.count, None)
    return MetricValue(metric, value, low, high, estimate.count, estimate.covers)


def _scaled(number: float, scale: float) -> float:
    return number if scale == 1.0 else float(f"{number / scale:.{DIGITS}g}")
