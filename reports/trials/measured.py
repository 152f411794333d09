"""What was measured in trials, as arrays: one value per record, by the names of columns.

Times are in seconds, sizes in bytes; what a trial did not give is NaN.
"""

import math
from collections.abc import Sequence
from functools import partial
from typing import Any, get_type_hints

import msgspec
import numpy as np

from bench.records.parts import Memory, Part, columns_of
from bench.records.results import Record
from reports.statistics.block_statistics import Blocks, divide
from reports.statistics.resampling import Floats
from reports.trials import certificates
from reports.trials.ceilings import compute_step_roofline

# The parts of a record whose fields are columns, by their names in it.
PARTS: dict[str, type[msgspec.Struct]] = {
    name: kind
    for name, kind in get_type_hints(Record).items()
    if isinstance(kind, type) and issubclass(kind, Part)
}
MEMORY = tuple(column.name for column in columns_of(Memory).values() if column.shown)
FIT = ("train_loss", "test_loss", "test_accuracy")

Columns = dict[str, Any]


def measure_columns(records: Sequence[Record]) -> Columns:
    """The columns that numbers of a trial itself make."""
    speed = _speed(records)
    last = [record.epochs[-1] if record.epochs else None for record in records]
    columns: Columns = {
        **speed,
        **_roofline(records, speed["step_seconds"]),
        **{name: get_numbers(last, name) for name in FIT},
        "training_seconds": to_floats([_total(record) for record in records]),
    }
    for name, kind in PARTS.items():
        columns |= measure_part(kind, [getattr(record, name) for record in records])
    columns["time_to_first_step_seconds"] = (
        columns["import_seconds"] + columns["build_seconds"] + columns["first_step_seconds"]
    )
    for name in ("gpu_joules", "cpu_package_joules"):
        samples = columns["energy_samples"]
        columns[f"{name}_per_sample"] = divide(columns[name], samples, samples != 0)
    return columns


def measure_part(kind: type[msgspec.Struct], parts: Sequence[Any]) -> Columns:
    """Return the columns of a part of a record: each of its fields that has one."""
    values = partial(get_numbers, parts)
    return {
        column.name: (values(field) + values(column.mean_with)) / 2
        if column.mean_with
        else values(field)
        for field, column in columns_of(kind).items()
        if column.shown
    }


def _speed(records: Sequence[Record]) -> Columns:
    blocks = Blocks(records)
    spread = blocks.compute_spreads(blocks.throughput)
    pending = to_floats([record.seconds.pending_seconds for record in records])
    block_seconds = blocks.compute_medians(blocks.seconds)
    return {
        "measured_blocks": spread.count,
        "throughput_samples_per_second": spread.median,
        "throughput_p25_samples_per_second": spread.low,
        "throughput_p75_samples_per_second": spread.high,
        "relative_block_iqr": spread.relative_width,
        "step_seconds": blocks.compute_medians(blocks.step_seconds),
        "device_clock_difference": blocks.compute_medians(blocks.clock_difference),
        "pending_share": divide(pending, block_seconds, block_seconds != 0),
    }


def _roofline(records: Sequence[Record], step_seconds: Floats) -> Columns:
    ceilings = [record.ceilings for record in records]
    # In place of a roofline there may be a sentence, or no ceilings: they have no such attribute.
    rooflines = list(map(compute_step_roofline, records, step_seconds.tolist()))
    return {
        "ceiling_operations_per_second": get_numbers(ceilings, "operations_per_second"),
        "ceiling_bytes_per_second": get_numbers(ceilings, "bytes_per_second"),
        "arithmetic_share": get_numbers(rooflines, "arithmetic_share"),
        "bandwidth_share": get_numbers(rooflines, "bandwidth_share"),
        "bound": [getattr(roofline, "bound", None) for roofline in rooflines],
    }


def _total(record: Record) -> float:
    """Seconds of all blocks; NaN where there is none or one of them is unknown."""
    seconds = [block.seconds for block in record.blocks]
    return math.fsum(seconds) if seconds and all(map(math.isfinite, seconds)) else math.nan


def get_numbers(objects: Sequence[object], name: str) -> Floats:
    """Return an attribute of each, NaN of those that have none."""
    return to_floats([getattr(item, name, None) for item in objects])


def to_floats(values: Sequence[float | None]) -> Floats:
    """Numbers that may be absent or, since JSON has no NaN, null; no measurement is infinite."""
    try:
        return clear_infinite(np.array(values, dtype=float))
    except OverflowError:
        # Python's integers have no end: neither has a forged record.
        return clear_infinite(np.array([certificates.read_number(value) for value in values]))


def clear_infinite(values: Floats) -> Floats:
    """The values, NaN for what is not finite."""
    return np.where(np.isfinite(values), values, np.nan)
