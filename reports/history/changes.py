"""Changes of a metric's level over the runs: what, by how much, and between which runs."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bench.records.machine import describe_machine_changes
from reports.content.cells import format_ratio
from reports.history.segments import Step, find_steps
from reports.history.series import History, Point, Series
from reports.ranking.metrics import BY_PARTNER, METRICS, Metric
from reports.statistics.intervals import Interval, estimate_ratio
from reports.text import titles

# Smaller steps are left to those who look for them: they come and go with a kernel's version.
LEAST_STEP = 0.01
MACHINE_SPEED = "machine_hashes_per_second"


@dataclass(frozen=True)
class Change:
    """That a metric of one series became larger or smaller.

    Attributes:
        ratio: of what it became to what it was.
        machine_speed: the same of fixed work of the host around the same trials: it tells a change
            of the machine from one of the framework. Nothing where runs did not measure it.
    """

    series: Series
    metric: Metric
    ratio: Interval
    machine_speed: Interval

    @property
    def up(self) -> bool:
        """Whether the metric is larger than before."""
        return self.ratio.median > 1

    @property
    def better(self) -> bool:
        """Whether that is good."""
        return self.up == self.metric.bigger_is_better


@dataclass(frozen=True)
class LevelChange(Change):
    """A step of a metric; its ratio is over the medians of runs_after and runs_before runs.

    Attributes:
        before, after: the last run on the old level and the first one on the new.
    """

    before: Point
    after: Point
    runs_before: int
    runs_after: int


def change_points(history: History, *metrics: Metric) -> tuple[LevelChange, ...]:
    """The changes of metrics, or of all, in all series of a history, the most recent first.

    A step counts if both sides have runs enough, if chance and drift do not explain it
    (`reports.history.segments`), and if it is larger than `LEAST_STEP` and than what the runs'
    own intervals allow.
    """
    changes = [
        change
        for metric in metrics or (*METRICS, BY_PARTNER)
        for series in history.series
        for change in _changes(series, metric)
    ]
    return tuple(sorted(changes, key=lambda change: -change.after.place))


def _changes(series: Series, metric: Metric) -> list[LevelChange]:
    points = list_points(series, metric)
    values, speeds = list_medians(points, metric.column), list_medians(points, MACHINE_SPEED)

    def admitted(step: Step) -> bool:
        ratio = _ratio(values, step)
        return is_large(ratio, points[step.first : step.end], metric) and not ratio.holds(1.0)

    return [
        LevelChange(
            series=series,
            metric=metric,
            before=points[step.place - 1],
            after=points[step.place],
            ratio=_ratio(values, step),
            runs_before=step.place - step.first,
            runs_after=step.end - step.place,
            machine_speed=_ratio(speeds, step),
        )
        for step in find_steps(values, admitted)
    ]


def list_points(series: Series, metric: Metric) -> list[Point]:
    """List the runs of a series that have a value above 0: no logarithm is of 0, and no ratio."""
    return [point for point in series.points if point.row.estimate(metric.column).median > 0]


def list_medians(points: Sequence[Point], column: str) -> list[float]:
    """List the value of each run: the median over its invocations."""
    return [point.row.estimate(column).median for point in points]


def _ratio(values: Sequence[float], step: Step) -> Interval:
    return estimate_ratio(values[step.place : step.end], values[step.first : step.place])


def is_large(ratio: Interval, points: Sequence[Point], metric: Metric) -> bool:
    """Tell whether a change is larger than what runs can show: half of a usual run's interval."""
    widths = [point.row.estimate(metric.column).relative_half_width for point in points]
    finite = [width for width in widths if np.isfinite(width)]
    floor = max(LEAST_STEP, float(np.median(finite)) if finite else 0.0)
    return max(ratio.median, 1 / ratio.median) - 1 > floor


def describe_change(change: LevelChange) -> str:
    """All that the page says of a change."""
    runs = f"{titles.format_count(change.runs_before, 'run')} before, {change.runs_after} after"
    ratio, machine = format_ratio(change.ratio), ""
    if change.machine_speed.count:
        machine = (
            f" The machine's own speed is {format_ratio(change.machine_speed)} of what it was."
        )
    return (
        f"{change.series.label}: {describe_direction(change)}. {change.metric.title} is "
        f"{ratio} of what it was ({runs}). It changed {describe_place(change)}: "
        f"{_origins(change)}.{machine}"
    )


def describe_direction(change: Change) -> str:
    """What changed, and whether that is good: slower (worse)."""
    direction = change.metric.more if change.up else change.metric.less
    return f"{direction} ({'better' if change.better else 'worse'})"


def describe_place(change: LevelChange) -> str:
    """The two runs between which it happened, with their days."""
    return f"between {name_run(change.before)} and {name_run(change.after)}"


def name_run(point: Point) -> str:
    """Name a run with its day."""
    first_start = min(record.started for record in point.row.records)
    return f"{point.run} ({first_start[:10]})"


def _origins(change: LevelChange) -> str:
    framework = change.series.key.framework_title
    before, after = change.before.row, change.after.row
    commits = [titles.shorten_commit(row.records[0].commit) for row in (before, after)]
    versions = [row.key.version or "unknown" for row in (before, after)]
    machine = describe_machine_changes(row.records[0].machine for row in (before, after))
    parts = [f"commit {_both(*commits)}", f"{framework} {_both(*versions)}", machine]
    return ", ".join(filter(None, parts))


def _both(before: str, after: str) -> str:
    return f"{before} in both" if before == after else f"{before} to {after}"
