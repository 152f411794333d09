"""What a verification says to people and machines: rows of a table, messages, a document."""

import math
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from bench.host.frameworks.setup import DEFAULT
from bench.host.machine.description import describe_machine, read_commit
from bench.host.verify.certification import CellReport, to_document
from bench.protocol.verification import BATCH_SIZE, STAGES, STEPS
from bench.records.certificate import Worst
from bench.records.variables import shorten_variables

SCHEMA = 1
PRECISION_TITLES = {"float64": "float64", "ieee": "float32"}


def to_row(report: CellReport) -> dict[str, str]:
    """Return a row of the table."""
    cell = report.cell
    return {
        "model": cell.model,
        "framework": cell.framework.title,
        "mode": ", ".join(
            part
            for part in (cell.mode, cell.settings, shorten_variables(cell.variables))
            if part and part != DEFAULT
        ),
        **_find_largest(report),
        "nearest to its limit": _find_nearest(report),
        "result": _describe_result(report),
        "seconds": "cached" if report.cached else f"{report.seconds:.0f}",
    }


def describe_report(report: CellReport) -> str:
    """Describe the outcome of a cell in a line: its verdict and its largest errors."""
    errors = ", ".join(
        f"{error} in {name}" for name, error in _find_largest(report).items() if error
    )
    parts = [
        _describe_result(report),
        *([f"largest error {errors}"] if errors else []),
        *(["cached"] if report.cached else []),
        *([f"{report.seconds:.0f} s"] if report.seconds else []),
    ]
    return f"{report.cell.title}: {'; '.join(parts)}"


def _find_largest(report: CellReport) -> dict[str, str]:
    """Find the largest error in each precision, known defects left out; empty if there is none."""
    largest = dict.fromkeys(PRECISION_TITLES.values(), "")
    for precision, title in PRECISION_TITLES.items():
        errors = [
            _to_number(worst) for worst in report.certificate.worst if worst.precision == precision
        ]
        largest[title] = f"{max(errors):.0e}" if errors else ""
    return largest


def _to_number(worst: Worst) -> float:
    return math.inf if worst.error is None else worst.error


def _find_nearest(report: CellReport) -> str:
    """Find the quantity that comes nearest to its limit, or is farthest over it."""
    nearest = max(
        report.certificate.worst, key=lambda worst: _to_number(worst) / worst.limit, default=None
    )
    return "" if nearest is None else f"{nearest.quantity} ({PRECISION_TITLES[nearest.precision]})"


def _describe_result(report: CellReport) -> str:
    certificate = report.certificate
    if report.skipped:
        return "skipped"
    if certificate.verified and certificate.defects:
        return f"verified, known defects: {len(certificate.defects)}"
    return certificate.verdict


def explain_reports(reports: Sequence[CellReport]) -> list[str]:
    """List known defects, then what failed and which framework is the odd one out."""
    lines = [
        f"{report.cell.title} has a known defect: {defect.name} (error {defect.error:.1e} in "
        f"{defect.quantity!r}, {PRECISION_TITLES[defect.precision]}; {defect.count} quantities)"
        for report in reports
        for defect in report.certificate.defects
    ]
    for report in reports:
        certificate = report.certificate
        if certificate.verified:
            continue
        verb = "was skipped" if report.skipped else f"is {certificate.verdict}"
        agreement = _describe_agreement(report, reports)
        lines.append(f"{report.cell.title} {verb}: {certificate.reason}{agreement}")
    return lines


def _describe_agreement(report: CellReport, reports: Sequence[CellReport]) -> str:
    """Say whether other frameworks agree with the reference on the same model."""
    if report.certificate.verdict != "different":
        return ""
    others = [
        other
        for other in reports
        if (other.cell.model, other.cell.samples) == (report.cell.model, report.cell.samples)
        and other.cell.framework.name != report.cell.framework.name
        and other.certificate.verdict != "unchecked"
    ]
    if not others:
        return ""
    agreeing = sorted(
        {other.cell.framework.title for other in others if other.certificate.verified}
    )
    title = report.cell.framework.title
    if not agreeing:
        return (
            f" No framework agrees with the reference on {report.cell.model}: suspect the spec "
            "or the reference."
        )
    return f" {title} is the odd one out: {' and '.join(agreeing)} agree with the reference."


def summarize(reports: Sequence[CellReport], threads: int) -> dict[str, Any]:
    """Summarize a verification as JSON has it, with every single error."""
    return {
        "schema": SCHEMA,
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": read_commit(),
        "machine": describe_machine(),
        "threads": threads,
        "batch_size": BATCH_SIZE,
        "steps": STEPS,
        "limits": {name: dict(stage.limits) for name, stage in STAGES.items()},
        "cells": [_to_document(report) for report in reports],
    }


def _to_document(report: CellReport) -> dict[str, Any]:
    cell = report.cell
    return {
        "model": cell.model,
        "dataset": cell.dataset,
        "framework": cell.framework.name,
        "mode": cell.mode,
        "settings": cell.settings,
        "layout": cell.layout,
        "variables": cell.variables,
        "device": cell.device,
        "cached": report.cached,
        "seconds": report.seconds,
        **to_document(report),
    }
