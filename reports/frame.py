"""Records as pandas data frames: one row per trial, per measured block or per epoch.

Times are in seconds, sizes in bytes, throughput in samples per second,
accuracies between 0 and 1. What a trial did not give is NaN or None. The
column `record` is a record's position among those loaded: it joins the frames,
since two runs can hold the same trial.
"""

import hashlib
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd

from bench.optimizer import Optimizer
from bench.results import Block, Record
from reports import certificates, titles
from reports.statistics import quartiles, throughput

TRIAL_COLUMNS: dict[str, str] = {
    "record": "position of the record among those loaded, from 0",
    "run": "name of the run",
    "trial": "the trial's id",
    "model": "name of the model",
    "family": "what the model is a setting of; of an unknown model its name",
    "dataset": "name of the data set",
    "framework": "name of the implementation",
    "framework_version": "version that the framework reports, None where it was not imported",
    "mode": "how the model is executed, such as eager or compiled",
    "settings": "default or tuned",
    "precision": "number format and what may be rounded, such as ieee",
    "device": "cpu or cuda",
    "batch_size": "samples per training step",
    "epochs": "passes over the training data that were asked for",
    "optimizer": "update rule",
    "learning_rate": "of the update rule",
    "learning_rate_changes": "epoch:rate, ... with epochs from 1; empty where it is constant",
    "momentum": "of the update rule sgd",
    "weight_decay": "of the update rule, on kernels only",
    "beta1": "of the update rule adam",
    "beta2": "of the update rule adam",
    "epsilon": "of the update rule adam",
    "seed": "that weights and batch order were drawn with",
    "repeat": "number of the repetition",
    "status": "ok, failed, skipped or timeout",
    "reason": "why it is not ok, else None",
    "started": "time of the start, UTC",
    "plan": "name of the plan",
    "commit": "of samestep, None where unknown",
    "machine": "12 hexadecimal digits, equal for equal machines",
    "cpu": "model of the processor",
    "threads": "of the framework's own pool on the CPU",
    "parameters": "number of trainable values",
    "measured_blocks": "number of blocks after warm-up",
    "throughput_samples_per_second": "median over the measured blocks",
    "throughput_p25_samples_per_second": "25th percentile over the measured blocks",
    "throughput_p75_samples_per_second": "75th percentile over the measured blocks",
    "training_seconds": "sum of all blocks, warm-up included",
    "time_to_first_step_seconds": "import, build and first step together",
    "import_seconds": "importing the framework",
    "inputs_seconds": "opening and checking weights, data and batch order",
    "build_seconds": "building the model and loading its weights",
    "first_step_seconds": "the first training step, which includes compilation",
    "evaluation_seconds": "all evaluations together",
    "exit_seconds": "from the worker's last event to its end, the framework's teardown",
    "process_seconds": "the worker process from start to end",
    "worker_processor_seconds": "processor time of the worker, user and system",
    "other_load_share": "share of all processors that other programs took meanwhile, 0 to 1",
    "peak_resident_bytes": "largest resident set of the worker process",
    "resident_after_import_bytes": "largest resident set until the framework was imported",
    "resident_after_build_bytes": "largest resident set until the model was built",
    "allocator_peak_bytes": "most that the framework's GPU allocator gave out at once",
    "allocator_reserved_bytes": "what the framework's GPU allocator took from the device",
    "train_loss": "of the last epoch, mean per sample",
    "test_loss": "after the last epoch, mean per sample",
    "test_accuracy": "after the last epoch, share of correct predictions",
    "test_samples": "number of samples of the test set",
    "verdict": "of its certificate: verified, different or unchecked, which no certificate is too",
    "certificate_checked": "when the certificate was made, UTC, None where there is none",
    "quantities": "number of quantities that were compared with the reference",
    "worst_error_float64": "largest relative error in float64, known defects aside",
    "worst_error_float32": "largest relative error in float32, known defects aside",
    "known_defects": "names of the framework's defects that exceed a limit, by semicolons",
    "digest_weights": "SHA-256 of the initial weights",
    "digest_data": "SHA-256 of the data",
    "digest_order": "SHA-256 of the batch order",
}

BLOCK_COLUMNS: dict[str, str] = {
    "record": "as in the trials' frame",
    "trial": "the trial's id",
    "block": "number of the measured block, from 1",
    "steps": "training steps of the block",
    "samples": "samples of the block",
    "seconds": "between the two synchronisations of the device",
    "throughput_samples_per_second": "samples by seconds",
}

EPOCH_COLUMNS: dict[str, str] = {
    "record": "as in the trials' frame",
    "trial": "the trial's id",
    "epoch": "number of the epoch, from 1",
    "train_loss": "mean per sample over the epoch",
    "test_loss": "mean per sample after the epoch",
    "test_accuracy": "share of correct predictions after the epoch",
    "seconds": "of the epoch's blocks",
    "evaluation_seconds": "of the evaluation after it",
}


def trials(records: Iterable[Record]) -> pd.DataFrame:
    """One row per record, with the columns of `TRIAL_COLUMNS`."""
    rows = [_trial(number, record) for number, record in enumerate(records)]
    frame = pd.DataFrame(rows, columns=list(TRIAL_COLUMNS))
    frame["started"] = pd.to_datetime(frame["started"], utc=True, errors="coerce", format="ISO8601")
    return frame


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
            "throughput_samples_per_second": _throughput(block),
        }
        for number, record in enumerate(records)
        for position, block in enumerate(record.measured_blocks, start=1)
    ]
    return pd.DataFrame(rows, columns=list(BLOCK_COLUMNS))


def epochs(records: Iterable[Record]) -> pd.DataFrame:
    """One row per finished epoch, with the columns of `EPOCH_COLUMNS`."""
    rows = [
        {"record": number, "trial": record.trial.id, "epoch": position}
        | {name: _number(value) for name, value in vars(epoch).items()}
        for number, record in enumerate(records)
        for position, epoch in enumerate(record.epochs, start=1)
    ]
    return pd.DataFrame(rows, columns=list(EPOCH_COLUMNS))


def machine_key(machine: Mapping[str, Any]) -> str:
    """12 hexadecimal digits that are equal for equal descriptions of a machine."""
    text = json.dumps(machine, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _trial(number: int, record: Record) -> dict[str, Any]:
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
        "plan": record.plan,
        "commit": record.commit,
        "machine": machine_key(record.machine),
        "cpu": record.machine.get("cpu"),
        "threads": record.threads,
        "parameters": record.parameters,
    }
    digests = {f"digest_{name}": record.digests.get(name) for name in ("weights", "data", "order")}
    asked = trial | _optimizer(record.trial.optimizer) | origin
    measured = _speed(record) | _times(record) | _memory(record) | _fit(record)
    return asked | digests | measured | _proof(record)


def _optimizer(optimizer: Optimizer) -> dict[str, Any]:
    changes = [f"{change.epoch + 1}:{change.learning_rate}" for change in optimizer.changes]
    return vars(optimizer) | {
        "optimizer": optimizer.name,
        "learning_rate_changes": ", ".join(changes),
    }


def _proof(record: Record) -> dict[str, Any]:
    certificate = record.certificate
    found = [certificate] if certificate else []
    return {
        "test_samples": _number(record.test_samples),
        "verdict": certificates.verdict([record]),
        "certificate_checked": certificate.checked if certificate else None,
        "quantities": certificates.quantities(certificate) if certificate else math.nan,
        "worst_error_float64": certificates.worst_error(found, certificates.FLOAT64),
        "worst_error_float32": certificates.worst_error(found, certificates.FLOAT32),
        "known_defects": certificates.defect_names(found),
    }


def _speed(record: Record) -> dict[str, Any]:
    spread = quartiles(_throughput(block) for block in record.measured_blocks)
    return {
        "measured_blocks": spread.count,
        "throughput_samples_per_second": spread.median,
        "throughput_p25_samples_per_second": spread.low,
        "throughput_p75_samples_per_second": spread.high,
    }


def _times(record: Record) -> dict[str, float]:
    names = ("import", "inputs", "build", "first_step", "evaluation", "exit", "process")
    seconds = {name: _number(record.seconds.get(name)) for name in names}
    return {f"{name}_seconds": value for name, value in seconds.items()} | {
        "training_seconds": _total([block.seconds for block in record.blocks]),
        "time_to_first_step_seconds": _total(
            [seconds["import"], seconds["build"], seconds["first_step"]]
        ),
        "worker_processor_seconds": _number(record.load.get("worker_seconds")),
        "other_load_share": _number(record.load.get("other_share")),
    }


def _memory(record: Record) -> dict[str, float]:
    names = [name for name in TRIAL_COLUMNS if name.endswith("_bytes")]
    return {name: _number(record.memory.get(name)) for name in names}


def _fit(record: Record) -> dict[str, float]:
    last = vars(record.epochs[-1]) if record.epochs else {}
    names = ("train_loss", "test_loss", "test_accuracy")
    return {name: _number(last.get(name)) for name in names}


def _throughput(block: Block) -> float:
    return throughput(_number(block.samples), _number(block.seconds))


def _total(values: Sequence[float | None]) -> float:
    """The sum, NaN where there is no value or one of them is unknown."""
    return math.fsum(_number(value) for value in values) if values else math.nan


def _number(value: float | None) -> float:
    """A number that may be absent or, since JSON has no NaN, null; no measurement is infinite."""
    number = certificates.number(value)
    return number if math.isfinite(number) else math.nan
