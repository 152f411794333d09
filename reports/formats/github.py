"""The custom formats of github-action-benchmark: a JSON array of numbers with one direction."""

import json

from bench.errors import ResultsError
from reports.formats.series import MetricValue, NamedRow, collect_values, name_rows
from reports.ranking.metrics import METRICS
from reports.runs.loading import LoadedRuns
from reports.text import units

Entry = dict[str, str | float]


def to_github(run: LoadedRuns, bigger: bool) -> str:
    """For the tool `customBiggerIsBetter`, or for `customSmallerIsBetter`."""
    metrics = [metric for metric in METRICS if metric.bigger_is_better == bigger]
    entries = [
        _entry(named, measurement)
        for named in name_rows(run.comparisons)
        for measurement in collect_values(named.row, metrics)
    ]
    if not entries:
        raise ResultsError(
            f"Run {run.name!r} has no number to export (no trial that finished has one of "
            f"{', '.join(metric.name for metric in metrics)}); expected at least one, since "
            "github-action-benchmark refuses an empty list; see the run's report for what failed."
        )
    return json.dumps(entries, ensure_ascii=False, allow_nan=False, indent=2) + "\n"


def _entry(named: NamedRow, measurement: MetricValue) -> Entry:
    entry: Entry = {
        "name": f"{named.name}/{measurement.metric.name}",
        "unit": measurement.metric.unit,
        "value": measurement.value,
        "extra": _extra(named, measurement),
    }
    if measurement.low is not None and measurement.high is not None:
        half = (measurement.high - measurement.low) / 2
        entry["range"] = f"\N{PLUS-MINUS SIGN} {half:.6g}"
    return entry


def _extra(named: NamedRow, measurement: MetricValue) -> str:
    interval = "none"
    if measurement.covers is not None:
        interval = (
            f"{measurement.low:.6g} to {measurement.high:.6g}, which holds the true median in "
            f"{units.format_percent(measurement.covers)}% of such runs"
        )
    lines = (
        f"interval: {interval}",
        f"invocations: {measurement.invocations}",
        f"version: {named.version}",
        f"commit: {named.commit}",
        f"machine: {named.comparison.work.machine}",
        "ranked: true" if named.ranked else f"ranked: false ({named.row.refusal})",
    )
    return "\n".join(lines)
