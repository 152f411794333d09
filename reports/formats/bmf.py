"""Bencher Metric Format: {benchmark: {measure: {value, lower_value, upper_value}}}."""

import json

from reports.formats.series import MetricValue, collect_values, name_rows
from reports.runs.loading import LoadedRuns

# Bencher takes it off the name and raises no alert: the format has no other place for a mark.
IGNORED = "-bencher-ignore"


def to_bmf(run: LoadedRuns) -> str:
    """The series of a run that have a number."""
    benchmarks = {
        named.name if named.ranked else named.name + IGNORED: {
            each.metric.name: _metric(each) for each in measured
        }
        for named in name_rows(run.comparisons)
        if (measured := collect_values(named.row))
    }
    return json.dumps(benchmarks, ensure_ascii=False, allow_nan=False, indent=2) + "\n"


def _metric(measurement: MetricValue) -> dict[str, float]:
    bounds = {"lower_value": measurement.low, "upper_value": measurement.high}
    present = {name: bound for name, bound in bounds.items() if bound is not None}
    return {"value": measurement.value, **present}
