"""A change of a level as a sentence: what, by how much, and between which runs and commits."""

from reports.content.cells import format_ratio
from reports.history.changes import LevelChange
from reports.history.series import Point
from reports.text import titles


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


def describe_direction(change: LevelChange) -> str:
    """What changed, and whether that is good: slower (worse)."""
    direction = change.metric.more if change.up else change.metric.less
    return f"{direction} ({'better' if change.better else 'worse'})"


def describe_place(change: LevelChange) -> str:
    """The two runs between which it happened, with their days."""
    return f"between {_run(change.before)} and {_run(change.after)}"


def _run(point: Point) -> str:
    first_start = min(record.started for record in point.row.records)
    return f"{point.run} ({first_start[:10]})"


def _origins(change: LevelChange) -> str:
    framework = change.series.key.framework_title
    before, after = change.before.row, change.after.row
    commits = [titles.shorten_commit(row.records[0].commit) for row in (before, after)]
    versions = [row.version or "unknown" for row in (before, after)]
    return f"commit {_both(*commits)}, {framework} {_both(*versions)}"


def _both(before: str, after: str) -> str:
    return f"{before} in both" if before == after else f"{before} to {after}"
