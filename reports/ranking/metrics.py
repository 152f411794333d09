"""What of a trial is compared from run to run, and published: each with its own direction."""

from dataclasses import dataclass

from reports.ranking.rows import THROUGHPUT
from reports.text import units
from reports.text.units import MIB, Format


@dataclass(frozen=True)
class Metric:
    """A column of `reports.trials.columns` of which more is better, or less.

    Attributes:
        name: stable, in words joined by hyphens: dashboards know a series by it.
        unit: of `column` divided by `scale`, as people read it.
        bigger_is_better: else smaller is.
        text: of a value in base units.
        better, worse: what to call a change.
    """

    column: str
    name: str
    title: str
    unit: str
    bigger_is_better: bool
    text: Format
    scale: float = 1.0
    better: str = "less"
    worse: str = "more"


METRICS: tuple[Metric, ...] = (
    Metric(
        column=THROUGHPUT,
        name="throughput",
        title="Throughput",
        unit="samples/s",
        bigger_is_better=True,
        text=units.format_number,
        better="faster",
        worse="slower",
    ),
    Metric(
        column="time_to_first_step_seconds",
        name="time-to-first-step",
        title="Time to first step",
        unit="s",
        bigger_is_better=False,
        text=units.format_number,
        better="sooner",
        worse="later",
    ),
    Metric(
        column="peak_anonymous_bytes",
        name="peak-anonymous-memory",
        title="Peak anonymous memory",
        unit="MiB",
        bigger_is_better=False,
        text=units.format_mebibytes,
        scale=MIB,
    ),
    Metric(
        column="allocator_peak_bytes",
        name="gpu-allocator-peak",
        title="GPU allocator peak",
        unit="MiB",
        bigger_is_better=False,
        text=units.format_mebibytes,
        scale=MIB,
    ),
    Metric(
        column="gpu_joules_per_sample",
        name="gpu-energy",
        title="GPU energy",
        unit="J/sample",
        bigger_is_better=False,
        text=units.format_joules,
    ),
    Metric(
        column="cpu_package_joules_per_sample",
        name="cpu-energy",
        title="CPU energy",
        unit="J/sample",
        bigger_is_better=False,
        text=units.format_joules,
    ),
    Metric(
        column="test_accuracy",
        name="test-accuracy",
        title="Test accuracy",
        unit="%",
        bigger_is_better=True,
        text=units.format_percent,
        scale=0.01,
        better="higher",
        worse="lower",
    ),
)

# Only a history of runs against one and the same reference has a use for it.
BY_PARTNER = Metric(
    column="throughput_by_partner",
    name="throughput-by-reference",
    title="Throughput relative to the reference",
    unit="ratio",
    bigger_is_better=True,
    text=units.format_number,
    better="faster",
    worse="slower",
)
