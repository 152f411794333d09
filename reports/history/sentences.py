"""A change of a level as a sentence: what, by how much, and between which runs and commits."""

from reports.content.cells import format_ratio
from reports.history.changes import LevelChange
from reports.history.series import Point
from reports.statistics.intervals import Interval
from reports.text import titles


def describe_change(change: LevelChange) -> str:
    """All that the page says of a change."""
    runs = f"{titles.format_count(change.runs_before, 'run')} before, {change.runs_after} after"
    ratio = format_ratio(change.ratio)
    return (
        f"{change.series.label}: {describe_direction(change)}. {change.metric.title} is "
        f"{ratio} of what it was ({runs}). It changed {describe_place(change)}: "
        f"{_origins(change)}.{_machine(change.machine_speed)}"
    )


def describe_direction(change: LevelChange) -> str:
    """What changed, and whether that is good: slower (worse)."""
    direction = change.metric.more if change.up else change.metric.less
    return f"{direction} ({'better' if change.better else 'worse'})"


def describe_place(change: LevelChange) -> str:
    """The two runs between which it happened, with their days."""
    return f"between {_run(change.before)} and {_run(change.after)}"


def _run(point: Point) -> str:
    return f"{point.run} ({find_start(point)[:10]})"


def find_start(point: Point) -> str:
    """When the first of a point's trials began, as records have it."""
    return min(record.started for record in point.row.records)


def _origins(change: LevelChange) -> str:
    framework = change.series.key.framework_title
    commits = _commit(change.before), _commit(change.after)
    versions = change.before.row.version, change.after.row.version
    of_code = f"commit {_both(*commits)}"
    return f"{of_code}, {framework} {_both(versions[0] or 'unknown', versions[1] or 'unknown')}"


def _both(before: str, after: str) -> str:
    return f"{before} in both" if before == after else f"{before} to {after}"


def _commit(point: Point) -> str:
    return titles.shorten_commit(point.row.records[0].commit)


def _machine(speed: Interval) -> str:
    if not speed.count:
        return ""
    ratio = format_ratio(speed)
    return f" The machine's own speed is {ratio} of what it was."
