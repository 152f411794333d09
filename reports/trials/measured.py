"""What was measured in trials, as arrays: one value per record, by the names of columns.

Times are in seconds, sizes in bytes; what a trial did not give is NaN.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from bench.records.ceilings import Ceiling
from bench.records.results import Record
from reports.statistics.block_statistics import Blocks
from reports.statistics.resampling import Floats
from reports.trials import certificates
from reports.trials.ceilings import compute_step_roofline
from reports.trials.columns import TRIAL_COLUMNS

COST = ("operations", "bytes")
TIMES = ("import", "inputs", "build", "first_step", "evaluation", "exit", "process")
LOAD = (
    "steal_share",
    "involuntary_switches",
    "throttle_events",
    "gpu_thermal_seconds",
    "device_other_processes",
)
# What the host gauges of the machine around each trial (`bench.host.machine.speed`).
SPEEDS = ("hashes_per_second", "copied_bytes_per_second")
# What a record calls memory is called the same here.
MEMORY = tuple(name for name in TRIAL_COLUMNS if name.endswith("_bytes") and name != "step_bytes")
FIT = ("train_loss", "test_loss", "test_accuracy")

Columns = dict[str, Any]
CeilingIn = Callable[[dict[str, Any]], Ceiling | None]


def measured(records: Sequence[Record], ceiling_in: CeilingIn) -> Columns:
    """The columns that numbers of a trial itself make.

    Args:
        ceiling_in: `reports.trials.ceilings.parse_ceiling`, asked once for what many records share.
    """
    speed = _speed(records)
    return {
        **speed,
        **_roofline(records, ceiling_in, speed["step_seconds"]),
        **_times(records),
        **_load(records),
        **_memory(records),
        **_energy(records),
        **_fit(records),
    }


def _speed(records: Sequence[Record]) -> Columns:
    found = Blocks(records)
    spread = found.compute_spreads(found.throughput)
    pending = _of([record.seconds for record in records], "pending")
    return {
        "measured_blocks": spread.count,
        "throughput_samples_per_second": spread.median,
        "throughput_p25_samples_per_second": spread.low,
        "throughput_p75_samples_per_second": spread.high,
        "relative_block_iqr": spread.relative_width,
        "step_seconds": found.compute_medians(found.step_seconds),
        "device_clock_difference": found.compute_medians(found.clock_difference),
        "pending_share": _ratio(pending, found.compute_medians(found.seconds)),
    }


def _roofline(records: Sequence[Record], ceiling_in: CeilingIn, step_seconds: Floats) -> Columns:
    ceilings = [ceiling_in(record.ceilings) for record in records]
    found = [
        compute_step_roofline(*one)
        for one in zip(records, ceilings, step_seconds.tolist(), strict=True)
    ]
    known = [None if isinstance(one, str) else one for one in found]
    return {
        **{f"step_{name}": _of([record.cost for record in records], name) for name in COST},
        "ceiling_operations_per_second": floats(
            [one.operations_per_second if one else None for one in ceilings]
        ),
        "ceiling_bytes_per_second": floats(
            [one.bytes_per_second if one else None for one in ceilings]
        ),
        "arithmetic_share": floats([one.arithmetic_share if one else None for one in known]),
        "bandwidth_share": floats([one.bandwidth_share if one else None for one in known]),
        "bound": [one.bound if one else None for one in known],
    }


def _times(records: Sequence[Record]) -> Columns:
    tables = [record.seconds for record in records]
    seconds = {name: _of(tables, name) for name in TIMES}
    return {f"{name}_seconds": values for name, values in seconds.items()} | {
        "training_seconds": floats([_total(record) for record in records]),
        "time_to_first_step_seconds": (
            seconds["import"] + seconds["build"] + seconds["first_step"]
        ),
    }


def _total(record: Record) -> float:
    """Seconds of all blocks; NaN where there is none or one of them is unknown."""
    seconds = [block.seconds for block in record.blocks]
    return math.fsum(seconds) if seconds and all(map(math.isfinite, seconds)) else math.nan


def _load(records: Sequence[Record]) -> Columns:
    tables = [record.load for record in records]
    return {name: _of(tables, name) for name in LOAD} | {
        "worker_processor_seconds": _of(tables, "worker_seconds"),
        "other_load_share": _of(tables, "other_share"),
        # The mean of right before the trial and right after it.
        **{
            f"machine_{name}": (_of(tables, f"{name}_before") + _of(tables, f"{name}_after")) / 2
            for name in SPEEDS
        },
    }


def _energy(records: Sequence[Record]) -> Columns:
    tables = [record.energy for record in records]
    samples = _of(tables, "samples")
    joules = {name: _of(tables, name) for name in ("gpu_joules", "cpu_package_joules")}
    return joules | {
        "energy_samples": samples,
        "energy_seconds": _of(tables, "seconds"),
        **{f"{name}_per_sample": _ratio(value, samples) for name, value in joules.items()},
    }


def _memory(records: Sequence[Record]) -> Columns:
    tables = [record.memory for record in records]
    return {name: _of(tables, name) for name in MEMORY}


def _fit(records: Sequence[Record]) -> Columns:
    last = [record.epochs[-1] if record.epochs else None for record in records]
    return {name: floats([getattr(one, name) if one else None for one in last]) for name in FIT}


def _of(tables: Sequence[Mapping[str, float | None]], name: str) -> Floats:
    """What each table has of that name, NaN where it has nothing."""
    return floats([table.get(name) for table in tables])


def floats(values: Sequence[float | None]) -> Floats:
    """Numbers that may be absent or, since JSON has no NaN, null; no measurement is infinite."""
    try:
        return finite(np.array(values, dtype=float))
    except OverflowError:
        # Python's integers have no end: neither has a forged record.
        return finite(np.array([certificates.read_number(value) for value in values]))


def finite(values: Floats) -> Floats:
    """The values, NaN for what is not finite."""
    return np.where(np.isfinite(values), values, np.nan)


def _ratio(values: Floats, by: Floats) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(by != 0, values / by, np.nan)
