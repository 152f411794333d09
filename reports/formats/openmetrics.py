"""OpenMetrics text, for GitLab's metrics reports and for Prometheus: gauges in base units."""

from collections.abc import Iterable, Mapping, Sequence

from reports.formats.series import MetricValue, NamedRow, collect_values, name_rows
from reports.ranking.metrics import METRICS, Metric
from reports.runs.loading import LoadedRuns

# A gauge is named in base units, as OpenMetrics asks; a metric's own unit is for people.
BASE_UNITS = {
    "samples/s": "samples_per_second",
    "s": "seconds",
    "MiB": "bytes",
    "J/sample": "joules_per_sample",
    "%": "ratio",
}
END = "# EOF"

Labels = Mapping[str, str]
# By the names that `MetricValue` has for them.
BOUNDS = {
    "value": "median over invocations",
    "low": "lower bound of the median's interval",
    "high": "upper bound of the median's interval",
}


def to_openmetrics(run: LoadedRuns) -> str:
    """A gauge for each metric and each bound of its interval, and what is known of each series."""
    measured = [
        (named, values)
        for named in name_rows(run.comparisons)
        if (values := collect_values(named.row, base_units=True))
    ]
    rows = [named for named, _ in measured]
    lines = [
        *_info(rows),
        *_invocations(rows),
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
    metric: Metric, bound: str, measured: Iterable[tuple[NamedRow, Sequence[MetricValue]]]
) -> list[str]:
    unit = BASE_UNITS[metric.unit]
    parts = ("samestep", metric.name.replace("-", "_"), "" if bound == "value" else bound, unit)
    name = "_".join(filter(None, parts))
    samples = [
        f"{name}{_labels(_identity(named))} {number!r}"
        for named, values in measured
        for each in values
        if each.metric is metric and (number := getattr(each, bound)) is not None
    ]
    return _family(name, "gauge", f"{metric.title}, {BOUNDS[bound]}.", samples, unit)


def _family(
    name: str, kind: str, words: str, samples: Sequence[str], unit: str | None = None
) -> list[str]:
    if not samples:
        return []
    units = [f"# UNIT {name} {unit}"] if unit else []
    return [f"# TYPE {name} {kind}", *units, f"# HELP {name} {words}", *samples]


def _info(rows: Sequence[NamedRow]) -> list[str]:
    """What changes while a series goes on: in a gauge's labels it would begin another line.

    No info, as OpenMetrics calls it: readers of the older text format refuse a file with that type.
    """
    name = "samestep_series_info"
    samples = [f"{name}{_labels({'series': named.name, **named.state})} 1" for named in rows]
    return _family(name, "gauge", "What the numbers of a series come from.", samples)


def _invocations(rows: Sequence[NamedRow]) -> list[str]:
    name = "samestep_invocations"
    samples = [f"{name}{_labels(_identity(named))} {len(named.row.finished)}" for named in rows]
    return _family(name, "gauge", "Trials of a series that finished.", samples)


def _identity(named: NamedRow) -> Labels:
    work, key = named.comparison.work, named.row.key
    labels = {
        "series": named.name,
        "model": work.model,
        "dataset": work.dataset,
        "framework": key.framework,
        **key.way,
        "precision": work.precision,
        "device": work.device,
        "batch_size": str(work.batch_size),
    }
    # An empty label is none: series from before there were variables go on.
    return {name: value for name, value in labels.items() if value}


def _labels(labels: Labels) -> str:
    return "{" + ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items()) + "}"


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")
