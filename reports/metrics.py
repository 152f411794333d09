"""What of a trial is compared from run to run, and published: each with its own direction."""

from dataclasses import dataclass

from reports import units
from reports.rows import THROUGHPUT
from reports.units import MIB, Format


@dataclass(frozen=True)
class Metric:
    """A column of `reports.columns` of which more is better, or less.

    Attributes:
        name: stable, in words joined by hyphens: dashboards know a series by it.
        unit: of `column` divided by `scale`, as people read it.
        bigger_is_better: else smaller is.
        text: of a value in base units.
    """

    column: str
    name: str
    title: str
    unit: str
    bigger_is_better: bool
    text: Format
    scale: float = 1.0


METRICS: tuple[Metric, ...] = (
    Metric(THROUGHPUT, "throughput", "Throughput", "samples/s", True, units.number),
    Metric(
        "time_to_first_step_seconds",
        "time-to-first-step",
        "Time to first step",
        "s",
        False,
        units.number,
    ),
    Metric(
        "peak_anonymous_bytes",
        "peak-anonymous-memory",
        "Peak anonymous memory",
        "MiB",
        False,
        units.mebibytes,
        MIB,
    ),
    Metric(
        "allocator_peak_bytes",
        "gpu-allocator-peak",
        "GPU allocator peak",
        "MiB",
        False,
        units.mebibytes,
        MIB,
    ),
    Metric("gpu_joules_per_sample", "gpu-energy", "GPU energy", "J/sample", False, units.joules),
    Metric(
        "cpu_package_joules_per_sample",
        "cpu-energy",
        "CPU energy",
        "J/sample",
        False,
        units.joules,
    ),
    Metric("test_accuracy", "test-accuracy", "Test accuracy", "%", True, units.percent, 0.01),
)
