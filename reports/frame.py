"""Records as pandas data frames: one row per trial, per measured block or per evaluated epoch.

`reports.columns` says what is in the columns. Times are in seconds, sizes in
bytes, throughput in samples per second, accuracies and shares between 0 and 1.
What a trial did not give is NaN or None. The column `record` is a record's
position among those loaded: it joins the frames, since two runs can hold the
same trial.
"""

import hashlib
import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import fields
from itertools import accumulate, islice
from typing import Any, Generic, TypeVar

import pandas as pd

from bench.ceilings import Ceiling
from bench.certificate import Certificate
from bench.optimizer import Optimizer
from bench.results import Block, Epoch, Record
from reports import certificates, fitness, titles, tuning
from reports.ceilings import ceiling_in, step_roofline
from reports.columns import BLOCK_COLUMNS, EPOCH_COLUMNS, TRIAL_COLUMNS
from reports.statistics import median, quartiles, ratio, relative_width, throughput

# What a record calls memory is called the same here.
MEMORY = tuple(name for name in TRIAL_COLUMNS if name.endswith("_bytes") and name != "step_bytes")

CHUNK = 5_000
EPOCH_NUMBERS = tuple(item.name for item in fields(Epoch))
# What the host gauges of the machine around each trial (`bench.host.gauge`).
SPEEDS = ("hashes_per_second", "copied_bytes_per_second")


def trials(records: Iterable[Record]) -> pd.DataFrame:
    """One row per record, with the columns of `TRIAL_COLUMNS`."""
    facts = _Facts()
    numbered = enumerate(records)
    # Some thousand at a time: a row as a dictionary takes ten times as much memory as in a frame.
    chunks = iter(lambda: list(islice(numbered, CHUNK)), [])
    frames = [_frame([_trial(*one, facts) for one in chunk]) for chunk in chunks] or [_frame([])]
    frame = pd.concat(frames, ignore_index=True)
    frame["started"] = pd.to_datetime(frame["started"], utc=True, errors="coerce", format="ISO8601")
    return frame


def _frame(rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    return pd.DataFrame({name: [row[name] for row in rows] for name in TRIAL_COLUMNS})


def blocks(records: Iterable[Record]) -> pd.DataFrame:
    """One row per measured block, with the columns of `BLOCK_COLUMNS`."""
    rows = [
        {
            "record": number,
            "trial": record.trial.id,
            "block": position,
            "steps": block.steps,
            "samples": block.samples,
            "seconds": block.seconds,
            "device_seconds": _number(block.device_seconds),
            "throughput_samples_per_second": throughput(block.samples, block.seconds),
        }
        for number, record in enumerate(records)
        for position, block in enumerate(record.measured_blocks, start=1)
    ]
    return pd.DataFrame(rows, columns=list(BLOCK_COLUMNS))


def epochs(records: Iterable[Record]) -> pd.DataFrame:
    """One row per evaluation, with the columns of `EPOCH_COLUMNS`."""
    rows = [
        {name: _number(getattr(epoch, name)) for name in EPOCH_NUMBERS}
        | {
            "record": number,
            "trial": record.trial.id,
            "epoch": epoch.number,
            "elapsed_seconds": elapsed,
        }
        for number, record in enumerate(records)
        for epoch, elapsed in zip(
            record.epochs, accumulate(epoch.seconds for epoch in record.epochs), strict=True
        )
    ]
    return pd.DataFrame(rows, columns=list(EPOCH_COLUMNS))


Part = TypeVar("Part")
Fact = TypeVar("Fact")


class _Known(Generic[Part, Fact]):
    """What a function says of a part, which many records share, asked once for each part.

    By identity, which is why the part is kept along: `reports.reading` makes equal parts one.
    """

    def __init__(self, function: Callable[[Part], Fact]) -> None:
        self._function = function
        self._found: dict[int, tuple[Part, Fact]] = {}

    def __call__(self, part: Part) -> Fact:
        if id(part) not in self._found:
            self._found[id(part)] = part, self._function(part)
        return self._found[id(part)][1]


class _Facts:
    """What is said of parts that records share."""

    def __init__(self) -> None:
        self.machine = _Known(machine_key)
        self.ceiling = _Known(ceiling_in)
        self.tuning = _Known(tuning.words)
        self.absent = _Known(_absent)
        self.proof = _Known(_proof)


def machine_key(machine: Mapping[str, Any]) -> str:
    """12 hexadecimal digits that are equal for equal descriptions of a machine."""
    text = json.dumps(machine, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _absent(reasons: Mapping[str, str]) -> str:
    return "; ".join(f"{name}: {reason}" for name, reason in reasons.items())


def _trial(number: int, record: Record, facts: _Facts) -> dict[str, Any]:
    trial = vars(record.trial) | {
        "trial": record.trial.id,
        "family": titles.family(record.trial.model),
    }
    origin = {
        "record": number,
        "run": record.run,
        "framework_version": record.framework_version,
        "status": record.status,
        "reason": record.reason,
        "started": record.started,
        "position": record.position,
        "steady": record.steady,
        "plan": record.plan,
        "commit": record.commit,
        "machine": facts.machine(record.machine),
        "cpu": record.machine.get("cpu"),
        "threads": record.threads,
        "parameters": record.parameters,
        "tuning": facts.tuning(record.tuning),
        "fitness": "; ".join(fitness.words(finding) for finding in record.fitness),
        "absent": facts.absent(record.absent),
    }
    digests = {f"digest_{name}": record.digests.get(name) for name in ("weights", "data", "order")}
    asked = trial | _optimizer(record.trial.optimizer) | origin
    speed = _speed(record)
    ceiling = facts.ceiling(record.ceilings)
    measured = speed | _roofline(record, ceiling, speed["step_seconds"])
    measured |= _times(record) | _load(record) | _memory(record) | _energy(record) | _fit(record)
    proof = facts.proof(record.certificate) | {"verdict": certificates.verdict([record])}
    return asked | digests | measured | proof | {"test_samples": _number(record.test_samples)}


def _optimizer(optimizer: Optimizer) -> dict[str, Any]:
    changes = [f"{change.epoch + 1}:{change.learning_rate}" for change in optimizer.changes]
    return vars(optimizer) | {
        "optimizer": optimizer.name,
        "learning_rate_changes": ", ".join(changes),
    }


def _proof(certificate: Certificate | None) -> dict[str, Any]:
    found = [certificate] if certificate else []
    return {
        "certificate_checked": certificate.checked if certificate else None,
        "quantities": certificates.quantities(certificate) if certificate else math.nan,
        "worst_error_float64": certificates.worst_error(found, certificates.FLOAT64),
        "worst_error_float32": certificates.worst_error(found, certificates.FLOAT32),
        "known_defects": certificates.defect_names(found),
    }


def _speed(record: Record) -> dict[str, Any]:
    measured = record.measured_blocks
    rates = [throughput(block.samples, block.seconds) for block in measured]
    spread = quartiles(rates)
    clocked = [block for block in measured if block.device_seconds is not None]
    return {
        "measured_blocks": spread.count,
        "throughput_samples_per_second": spread.median,
        "throughput_p25_samples_per_second": spread.low,
        "throughput_p75_samples_per_second": spread.high,
        "relative_block_iqr": relative_width(spread),
        "step_seconds": median([_step_seconds(block) for block in measured]),
        "device_clock_difference": median([_clock_difference(block) for block in clocked]),
    }


def _roofline(record: Record, ceiling: Ceiling | None, step_seconds: float) -> dict[str, Any]:
    operations = ceiling.operations_per_second if ceiling else None
    bandwidth = ceiling.bytes_per_second if ceiling else None
    found = step_roofline(record, ceiling, step_seconds)
    return {
        "step_operations": _number(record.cost.get("operations")),
        "step_bytes": _number(record.cost.get("bytes")),
        "ceiling_operations_per_second": _number(operations),
        "ceiling_bytes_per_second": _number(bandwidth),
        "arithmetic_share": math.nan if isinstance(found, str) else found.arithmetic_share,
        "bandwidth_share": math.nan if isinstance(found, str) else found.bandwidth_share,
        "bound": None if isinstance(found, str) else found.bound,
    }


def _times(record: Record) -> dict[str, float]:
    names = ("import", "inputs", "build", "first_step", "evaluation", "exit", "process")
    seconds = {name: _number(record.seconds.get(name)) for name in names}
    return {f"{name}_seconds": value for name, value in seconds.items()} | {
        "training_seconds": _total([block.seconds for block in record.blocks]),
        "time_to_first_step_seconds": _total(
            [seconds["import"], seconds["build"], seconds["first_step"]]
        ),
    }


def _load(record: Record) -> dict[str, float]:
    names = ("steal_share", "involuntary_switches", "throttle_events", "gpu_thermal_seconds")
    return {name: _number(record.load.get(name)) for name in names} | {
        "worker_processor_seconds": _number(record.load.get("worker_seconds")),
        "other_load_share": _number(record.load.get("other_share")),
        **{f"machine_{name}": _around(record.load, name) for name in SPEEDS},
    }


def _around(load: Mapping[str, float], name: str) -> float:
    """The mean of a speed of the machine right before a trial and right after it."""
    return (_number(load.get(f"{name}_before")) + _number(load.get(f"{name}_after"))) / 2


def _energy(record: Record) -> dict[str, float]:
    names = ("gpu_joules", "cpu_package_joules", "samples", "seconds")
    gpu, package, samples, seconds = (_number(record.energy.get(name)) for name in names)
    return {
        "gpu_joules": gpu,
        "cpu_package_joules": package,
        "energy_samples": samples,
        "energy_seconds": seconds,
        "gpu_joules_per_sample": ratio(gpu, samples),
        "cpu_package_joules_per_sample": ratio(package, samples),
    }


def _memory(record: Record) -> dict[str, float]:
    return {name: _number(record.memory.get(name)) for name in MEMORY}


def _fit(record: Record) -> dict[str, float]:
    names = ("train_loss", "test_loss", "test_accuracy")
    if not record.epochs:
        return dict.fromkeys(names, math.nan)
    return {name: _number(getattr(record.epochs[-1], name)) for name in names}


def _step_seconds(block: Block) -> float:
    return block.seconds / block.steps if block.steps > 0 else math.nan


def _clock_difference(block: Block) -> float:
    host, device = block.seconds, _number(block.device_seconds)
    return abs(device - host) / host if host > 0 else math.nan


def _total(values: Sequence[float | None]) -> float:
    """The sum, NaN where there is no value or one of them is unknown."""
    return math.fsum(_number(value) for value in values) if values else math.nan


def _number(value: float | None) -> float:
    """A number that may be absent or, since JSON has no NaN, null; no measurement is infinite."""
    if value is None:
        return math.nan
    number = certificates.number(value)
    return number if math.isfinite(number) else math.nan
