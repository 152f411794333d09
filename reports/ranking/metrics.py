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
        bigger_is_better: else smaller is, as of all that is paid for speed.
        text: of a value in base units.
        more, less: what to call a larger value, and a smaller one.
    """

    column: str
    name: str
    title: str
    unit: str
    bigger_is_better: bool = False
    text: Format = units.format_number
    scale: float = 1.0
    more: str = "more"
    less: str = "less"

    @property
    def caption(self) -> str:
        """What to write over a figure or a table of it."""
        return f"{self.title}, {self.unit}"


def _memory(column: str, name: str, title: str) -> Metric:
    return Metric(column, name, title, "MiB", text=units.format_mebibytes, scale=MIB)


def _energy(column: str, name: str, title: str) -> Metric:
    return Metric(column, name, title, "J/sample", text=units.format_joules)


METRICS: tuple[Metric, ...] = (
    Metric(
        THROUGHPUT,
        "throughput",
        "Throughput",
        "samples/s",
        bigger_is_better=True,
        more="faster",
        less="slower",
    ),
    Metric(
        "time_to_first_step_seconds",
        "time-to-first-step",
        "Time to first step",
        "s",
        more="later",
        less="sooner",
    ),
    _memory("peak_anonymous_bytes", "peak-anonymous-memory", "Peak anonymous memory"),
    _memory("allocator_peak_bytes", "gpu-allocator-peak", "GPU allocator peak"),
    _energy("gpu_joules_per_sample", "gpu-energy", "GPU energy"),
    _energy("cpu_package_joules_per_sample", "cpu-energy", "CPU energy"),
    Metric(
        "test_accuracy",
        "test-accuracy",
        "Test accuracy",
        "%",
        bigger_is_better=True,
        text=units.format_percent,
        scale=0.01,
        more="higher",
        less="lower",
    ),
)

# Only a history of runs against one and the same reference has a use for it.
BY_PARTNER = Metric(
    "throughput_by_partner",
    "throughput-by-reference",
    "Throughput relative to the reference",
    "ratio",
    bigger_is_better=True,
    more="faster relative to the reference",
    less="slower relative to the reference",
)
