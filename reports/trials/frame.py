"""Records as pandas data frames: one row per trial, per measured block or per evaluated epoch.

`reports.trials.columns` says what is in the columns. Times are in seconds, sizes in
bytes, throughput in samples per second, accuracies and shares between 0 and 1.
What a trial did not give is NaN or None. The column `record` is a record's
position among those loaded: it joins the frames, since two runs can hold the
same trial.
"""

import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from functools import cache, partial
from itertools import accumulate, chain
from typing import Any

import numpy as np
import pandas as pd

from bench.optimizer import Optimizer
from bench.records.certificate import Certificate
from bench.records.machine import make_machine_key
from bench.records.parts import Epoch, MachineFinding
from bench.records.results import TRIAL_FIELDS, Record
from reports.statistics.block_statistics import Blocks
from reports.statistics.resampling import Floats
from reports.text import conditions, titles
from reports.trials import alternating, certificates
from reports.trials.columns import BLOCK_COLUMNS, EPOCH_COLUMNS, TRIAL_COLUMNS
from reports.trials.measured import Columns, clear_infinite, get_numbers, measure_columns, to_floats
from reports.trials.parallel import run_in_processes

# What a table has in another form, or of the trial that was asked for, comes after them.
RECORDED = tuple(item.name for item in fields(Record) if item.name in TRIAL_COLUMNS)
DIGESTS = ("weights", "data", "order")
# Only the names of its facts are of use: a table without a row has its columns too.
NO_OPTIMIZER = Optimizer("sgd", learning_rate=0.0)
# Of fewer records, starting processes takes longer than it saves.
LEAST_FOR_PROCESSES = 20_000


def build_trials(records: Iterable[Record], processes: bool = False) -> pd.DataFrame:
    """One row per record, with the columns of `TRIAL_COLUMNS`.

    Args:
        processes: whether forks of this process may do a part of it.
    """
    all_records = list(records)
    columns: Columns = {
        "record": range(len(all_records)),
        **_recorded(all_records),
        **_measured(all_records, processes),
        "throughput_by_partner": to_floats(alternating.divide_by_partner(all_records)),
    }
    frame = pd.DataFrame({name: columns[name] for name in TRIAL_COLUMNS})
    frame["started"] = pd.to_datetime(frame["started"], utc=True, errors="coerce", format="ISO8601")
    return frame


def _measured(records: Sequence[Record], processes: bool) -> Columns:
    if not processes or len(records) < LEAST_FOR_PROCESSES:
        return measure_columns(records)
    half = len(records) // 2
    parts = run_in_processes(
        [partial(measure_columns, part) for part in (records[:half], records[half:])], least=2
    )
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def build_blocks(records: Iterable[Record]) -> pd.DataFrame:
    """One row per measured block, with the columns of `BLOCK_COLUMNS`."""
    all_records = list(records)
    measured_blocks = Blocks(all_records)
    columns = {
        "record": measured_blocks.owners,
        "trial": _repeated([record.trial.id for record in all_records], measured_blocks.owners),
        "block": measured_blocks.numbers,
        "steps": measured_blocks.steps.astype(int),
        "samples": measured_blocks.samples.astype(int),
        "seconds": clear_infinite(measured_blocks.seconds),
        "device_seconds": clear_infinite(measured_blocks.device_seconds),
        "throughput_samples_per_second": measured_blocks.throughput,
    }
    return pd.DataFrame(columns, columns=list(BLOCK_COLUMNS))


def build_epochs(records: Iterable[Record]) -> pd.DataFrame:
    """One row per evaluation, with the columns of `EPOCH_COLUMNS`."""
    all_records = list(records)
    evaluations = [epoch for record in all_records for epoch in record.epochs]
    owners = np.repeat(np.arange(len(all_records)), [len(record.epochs) for record in all_records])
    columns: Columns = {
        **{name: get_numbers(evaluations, name) for name in Epoch.__struct_fields__},
        "record": owners,
        "trial": _repeated([record.trial.id for record in all_records], owners),
        "epoch": [epoch.number for epoch in evaluations],
        "elapsed_seconds": _elapsed(all_records),
    }
    return pd.DataFrame(columns, columns=list(EPOCH_COLUMNS))


def _elapsed(records: Sequence[Record]) -> Floats:
    seconds = ((epoch.seconds for epoch in record.epochs) for record in records)
    return to_floats(list(chain.from_iterable(map(accumulate, seconds))))


def _machine_keys(records: Sequence[Record]) -> list[str]:
    # A reader makes equal machines one object, and a key takes its time.
    machines = {id(record.machine): record.machine for record in records}
    keys = {identity: make_machine_key(machine) for identity, machine in machines.items()}
    return [keys[id(record.machine)] for record in records]


@cache
def _absent(reasons: tuple[tuple[str, str], ...]) -> str:
    return "; ".join(f"{name}: {reason}" for name, reason in reasons)


@cache
def _fitness(findings: tuple[MachineFinding, ...]) -> str:
    return "; ".join(conditions.describe_finding(finding) for finding in findings)


@cache
def _optimizer(optimizer: Optimizer) -> dict[str, Any]:
    changes = [f"{change.epoch + 1}:{change.learning_rate}" for change in optimizer.changes]
    return vars(optimizer) | {
        "optimizer": optimizer.name,
        "learning_rate_changes": ", ".join(changes),
    }


@cache
def _proof_of(certificate: Certificate | None) -> dict[str, Any]:
    return {
        "verdict": certificates.judge(certificate),
        "certificate_checked": certificate.checked if certificate else None,
        "quantities": certificates.count_quantities(certificate),
        **certificates.summarize_numbers([certificate] if certificate else []),
    }


def _recorded(records: Sequence[Record]) -> Columns:
    trials = [record.trial for record in records]
    return {
        **{name: [getattr(record, name) for record in records] for name in RECORDED},
        **{name: [getattr(trial, name) for trial in trials] for name in TRIAL_FIELDS},
        "trial": [trial.id for trial in trials],
        "family": [titles.find_family(trial.model) for trial in trials],
        **_gather([_optimizer(trial.optimizer) for trial in trials], _optimizer(NO_OPTIMIZER)),
        **_gather([_proof_of(record.certificate) for record in records], _proof_of(None)),
        **{f"digest_{name}": [record.digests.get(name) for record in records] for name in DIGESTS},
        "machine": _machine_keys(records),
        "cpu": [record.machine.get("cpu") for record in records],
        "tuning": [sys.intern(conditions.describe_tuning(record.tuning)) for record in records],
        "fitness": [_fitness(record.fitness) for record in records],
        "absent": [_absent(tuple(record.absent.items())) for record in records],
        "test_samples": to_floats([record.test_samples for record in records]),
    }


def _gather(facts: Sequence[Mapping[str, Any]], names: Iterable[str]) -> Columns:
    return {name: [fact[name] for fact in facts] for name in names}


def _repeated(values: Sequence[str], owners: Any) -> list[str]:
    return [values[owner] for owner in owners.tolist()]
