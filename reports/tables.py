"""The table of a comparison: first numbers in base units, then text for people. And of failures."""

import math
from collections.abc import Callable, Iterable
from typing import Any

import pandas as pd

from bench.results import Record
from reports import certificates, frame, units
from reports.comparisons import Comparison, Row
from reports.statistics import extremes, median, ratio
from reports.units import DASH, Format

MEDIANS = (
    "training_seconds",
    "time_to_first_step_seconds",
    "import_seconds",
    "build_seconds",
    "first_step_seconds",
    "peak_resident_bytes",
    "allocator_peak_bytes",
    "allocator_reserved_bytes",
)

NOT_RANKED = " (not ranked)"

Column = Callable[[pd.DataFrame], list[str]]


def comparison_numbers(comparison: Comparison) -> pd.DataFrame:
    """One row per framework, version, mode and settings, in base units and in the order of ranks.

    The ratio is among ranked rows, where there are two; other rows have none. Blocks of
    a row's finished trials are pooled; times and memory are medians over its
    finished trials, accuracy the median with the extremes.
    """
    numbers = pd.DataFrame([_numbers(row) for row in comparison.rows])
    throughputs = numbers["throughput_samples_per_second"].where(numbers["ranked"])
    fastest = throughputs.max() if throughputs.count() > 1 else math.nan
    numbers["ratio_to_fastest"] = [ratio(value, fastest) for value in throughputs]
    return numbers


def comparison_text(numbers: pd.DataFrame) -> pd.DataFrame:
    """The numbers of a comparison as text, with scaled units in the headings."""
    hidden = _hidden(numbers)
    columns = {title: text(numbers) for title, text in COLUMNS.items() if title not in hidden}
    return pd.DataFrame(columns, index=_labels(numbers), dtype=object)


def failures(records: Iterable[Record]) -> pd.DataFrame:
    """The trials that are not ok, each with its status, its reason and its log."""
    found = [record for record in records if record.status != "ok"]
    return pd.DataFrame(
        {
            "Status": [record.status for record in found],
            "Reason": [record.reason or "none was recorded" for record in found],
            "Log": [record.log or units.ABSENT for record in found],
        },
        index=[record.trial.id for record in found],
        dtype=object,
    )


def _numbers(row: Row) -> dict[str, Any]:
    trials = frame.trials(row.finished)
    between = extremes(trials["throughput_samples_per_second"])
    accuracy = extremes(trials["test_accuracy"])
    return {
        "label": row.label,
        "framework": row.framework,
        "framework_version": row.version,
        "mode": row.mode,
        "settings": row.settings,
        "ranked": row.refusal is None,
        "unranked_reason": row.refusal,
        **_proof(row),
        "throughput_samples_per_second": row.throughput.median,
        "throughput_p25_samples_per_second": row.throughput.low,
        "throughput_p75_samples_per_second": row.throughput.high,
        "throughput_lowest_trial_samples_per_second": between.low,
        "throughput_highest_trial_samples_per_second": between.high,
        "measured_blocks": row.throughput.count,
        "trials": len(row.records),
        "trials_ok": len(row.finished),
        "outcome": row.outcome,
        "test_accuracy": accuracy.median,
        "test_accuracy_lowest": accuracy.low,
        "test_accuracy_highest": accuracy.high,
        **{name: median(trials[name]) for name in MEDIANS},
    }


def _proof(row: Row) -> dict[str, Any]:
    found = certificates.certificates(row.records)
    return {
        "proof": certificates.cell(row.records),
        "verdict": certificates.verdict(row.records),
        "worst_error_float64": certificates.worst_error(found, certificates.FLOAT64),
        "worst_error_float32": certificates.worst_error(found, certificates.FLOAT32),
        "known_defects": certificates.defect_names(found),
    }


def _labels(numbers: pd.DataFrame) -> list[str]:
    """The rows' labels, which stay in sight: one with a speed that is not ranked says so there."""
    return [
        f"{label}{NOT_RANKED}" if blocks and not ranked else label
        for label, blocks, ranked in zip(
            numbers["label"], numbers["measured_blocks"], numbers["ranked"], strict=True
        )
    ]


def _each(name: str, text: Format) -> Column:
    return lambda numbers: [text(value) for value in numbers[name]]


def _span(low: str, high: str, text: Format) -> Column:
    return lambda numbers: [
        units.span(*pair, text) for pair in zip(numbers[low], numbers[high], strict=True)
    ]


def _accuracies(numbers: pd.DataFrame) -> list[str]:
    middles = _each("test_accuracy", units.percent)(numbers)
    spans = _span("test_accuracy_lowest", "test_accuracy_highest", units.percent)(numbers)
    return [
        middle if span == middle else f"{middle} ({span})"
        for middle, span in zip(middles, spans, strict=True)
    ]


# A heading breaks at its words, not before this unit.
SECONDS = "\N{NO-BREAK SPACE}(s)"
BETWEEN_TRIALS = f"Trial medians, lowest{DASH}highest"
ALLOCATOR_PEAK = "GPU allocator peak (MiB)"
ALLOCATOR_RESERVED = "GPU allocator reserved (MiB)"

COLUMNS: dict[str, Column] = {
    "Samples/s, median": _each("throughput_samples_per_second", units.number),
    f"25th{DASH}75th percentile": _span(
        "throughput_p25_samples_per_second", "throughput_p75_samples_per_second", units.number
    ),
    BETWEEN_TRIALS: _span(
        "throughput_lowest_trial_samples_per_second",
        "throughput_highest_trial_samples_per_second",
        units.number,
    ),
    "Ratio to fastest": _each("ratio_to_fastest", units.multiple),
    "Test accuracy, %": _accuracies,
    "Proof": lambda numbers: list(numbers["proof"]),
    "Blocks": _each("measured_blocks", units.integer),
    "Trials": lambda numbers: list(numbers["outcome"]),
    f"Training{SECONDS}": _each("training_seconds", units.number),
    f"Time to first step{SECONDS}": _each("time_to_first_step_seconds", units.number),
    f"Import{SECONDS}": _each("import_seconds", units.number),
    f"Build{SECONDS}": _each("build_seconds", units.number),
    f"First step{SECONDS}": _each("first_step_seconds", units.number),
    "Peak resident (MiB)": _each("peak_resident_bytes", units.mebibytes),
    ALLOCATOR_PEAK: _each("allocator_peak_bytes", units.mebibytes),
    ALLOCATOR_RESERVED: _each("allocator_reserved_bytes", units.mebibytes),
}


def _hidden(numbers: pd.DataFrame) -> set[str]:
    """Columns that would be empty: allocators report on GPUs only, trials differ if repeated."""
    useless = {
        BETWEEN_TRIALS: (numbers["trials_ok"] < 2).all(),
        ALLOCATOR_PEAK: numbers["allocator_peak_bytes"].isna().all(),
        ALLOCATOR_RESERVED: numbers["allocator_reserved_bytes"].isna().all(),
    }
    return {title for title, empty in useless.items() if empty}
