"""Bencher Metric Format: {benchmark: {measure: {value, lower_value, upper_value}}}."""

import json

from reports.formats.measurements import MetricValue, collect_values
from reports.formats.series import NamedRow, name_rows
from reports.runs.runs import LoadedRuns

# Bencher takes it off the name and raises no alert: the format has no other place for a mark.
IGNORED = "-bencher-ignore"


def to_bmf(run: LoadedRuns) -> str:
    """The series of a run that have a number."""
    found = {
        _name(one): {each.metric.name: _metric(each) for each in measured}
        for one in name_rows(run.comparisons)
        if (measured := collect_values(one.row))
    }
    return json.dumps(found, ensure_ascii=False, allow_nan=False, indent=2) + "\n"


def _name(one: NamedRow) -> str:
    return one.name if one.ranked else one.name + IGNORED


def _metric(measurement: MetricValue) -> dict[str, float]:
    bounds = {"lower_value": measurement.low, "upper_value": measurement.high}
    known = {name: bound for name, bound in bounds.items() if bound is not None}
    return {"value": measurement.value, **known}
