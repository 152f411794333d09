"""OpenMetrics text, for GitLab's metrics reports and for Prometheus: gauges in base units."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

from reports.formats.measurements import MetricValue, collect_base_values
from reports.formats.series import NamedRow, name_rows
from reports.ranking.metrics import METRICS, Metric
from reports.runs.runs import LoadedRuns

# A gauge is named in base units, as OpenMetrics asks; a metric's own unit is for people.
BASE_UNITS = {
    "samples/s": "samples_per_second",
    "s": "seconds",
    "MiB": "bytes",
    "J/sample": "joules_per_sample",
    "%": "ratio",
}
END = "# EOF"

Bound = Literal["value", "low", "high"]
Labels = Mapping[str, str]
BOUNDS: dict[Bound, str] = {
    "value": "median over invocations",
    "low": "lower bound of the median's interval",
    "high": "upper bound of the median's interval",
}


def to_openmetrics(run: LoadedRuns) -> str:
    """A gauge for each metric and each bound of its interval, and what is known of each series."""
    measured = [
        (one, found)
        for one in name_rows(run.comparisons)
        if (found := collect_base_values(one.row))
    ]
    lines = [
        *_info([one for one, _ in measured]),
        *_invocations([one for one, _ in measured]),
        *(
            line
            for metric in METRICS
            for bound in BOUNDS
            for line in _gauge(metric, bound, measured)
        ),
        END,
    ]
    return "".join(f"{line}\n" for line in lines)


def _gauge(
    metric: Metric, bound: Bound, measured: Iterable[tuple[NamedRow, Sequence[MetricValue]]]
) -> list[str]:
    unit = BASE_UNITS[metric.unit]
    parts = ("samestep", metric.name.replace("-", "_"), "" if bound == "value" else bound, unit)
    name = "_".join(filter(None, parts))
    samples = [
        f"{name}{_labels(_identity(one))} {number!r}"
        for one, found in measured
        for each in found
        if each.metric is metric and (number := _number(each, bound)) is not None
    ]
    head = (
        f"# TYPE {name} gauge",
        f"# UNIT {name} {unit}",
        f"# HELP {name} {metric.title}, {BOUNDS[bound]}.",
    )
    return [*head, *samples] if samples else []


def _number(measurement: MetricValue, bound: Bound) -> float | None:
    found = {"value": measurement.value, "low": measurement.low, "high": measurement.high}
    return found[bound]


def _info(found: Sequence[NamedRow]) -> list[str]:
    """What changes while a series goes on: in a gauge's labels it would begin another line."""
    name = "samestep_series"
    samples = [f"{name}_info{_labels(_state(one))} 1" for one in found]
    head = (f"# TYPE {name} info", f"# HELP {name} What the numbers of a series come from.")
    return [*head, *samples] if samples else []


def _invocations(found: Sequence[NamedRow]) -> list[str]:
    name = "samestep_invocations"
    samples = [f"{name}{_labels(_identity(one))} {len(one.row.finished)}" for one in found]
    head = (f"# TYPE {name} gauge", f"# HELP {name} Trials of a series that finished.")
    return [*head, *samples] if samples else []


def _identity(one: NamedRow) -> Labels:
    work, key = one.comparison.work, one.row.key
    return {
        "series": one.name,
        "model": work.model,
        "dataset": work.dataset,
        "framework": key.framework,
        "mode": key.mode,
        "settings": key.settings,
        "precision": work.precision,
        "device": work.device,
        "layout": key.layout,
        "input": key.input,
        "batch_size": str(work.batch_size),
    }


def _state(one: NamedRow) -> Labels:
    return {
        "series": one.name,
        "framework_version": one.version,
        "commit": one.commit,
        "machine": one.machine,
        "ranked": "true" if one.ranked else "false",
        "unranked_reason": one.row.refusal or "",
    }


def _labels(labels: Labels) -> str:
    return "{" + ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items()) + "}"


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")
