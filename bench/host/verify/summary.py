"""What a verification says to people and machines: rows of a table, messages, a document."""

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.errors import ResultsError
from bench.host.frameworks.setup import DEFAULT
from bench.host.machine.description import describe_machine, read_commit
from bench.host.verify.certification import Finding, document
from bench.protocol.verification import BATCH_SIZE, PRECISIONS, STAGES, STEPS
from bench.records.certificate import Worst

SCHEMA = 1
PRECISION_TITLES = {"float64": "float64", "ieee": "float32"}


def finding_row(finding: Finding) -> dict[str, str]:
    """A line of the table."""
    cell = finding.cell
    return {
        "model": cell.model,
        "framework": cell.framework.title,
        "mode": cell.mode if cell.settings == DEFAULT else f"{cell.mode}, {cell.settings}",
        **{PRECISION_TITLES[one]: _largest(finding, one) for one in PRECISIONS},
        "nearest to its limit": _nearest(finding),
        "result": _result(finding),
        "seconds": "cached" if finding.cached else f"{finding.seconds:.0f}",
    }


def _largest(finding: Finding, precision: str) -> str:
    """The largest error in a precision, known defects left out."""
    errors = [_error(one) for one in finding.certificate.worst if one.precision == precision]
    return f"{max(errors):.0e}" if errors else ""


def _error(worst: Worst) -> float:
    return math.inf if worst.error is None else worst.error


def _nearest(finding: Finding) -> str:
    """The quantity that comes nearest to its limit, or is farthest over it."""
    worst = max(finding.certificate.worst, key=lambda one: _error(one) / one.limit, default=None)
    return "" if worst is None else f"{worst.quantity} ({PRECISION_TITLES[worst.precision]})"


def _result(finding: Finding) -> str:
    certificate = finding.certificate
    if finding.skipped:
        return "skipped"
    if certificate.verified and certificate.defects:
        return f"verified, known defects: {len(certificate.defects)}"
    return certificate.verdict


def messages(findings: Sequence[Finding]) -> list[str]:
    """Known defects, then what failed, cell by cell, and which framework is the odd one out."""
    lines = [
        f"{finding.cell.title} has a known defect: {one.name} (error {one.error:.1e} in "
        f"{one.quantity!r}, {PRECISION_TITLES[one.precision]}; {one.count} quantities)"
        for finding in findings
        for one in finding.certificate.defects
    ]
    for finding in findings:
        certificate = finding.certificate
        if certificate.verified:
            continue
        verb = "was skipped" if finding.skipped else f"is {certificate.verdict}"
        lines.append(f"{finding.cell.title} {verb}: {certificate.reason}{_odd(finding, findings)}")
    return lines


def _odd(finding: Finding, findings: Sequence[Finding]) -> str:
    """Whether other frameworks agree with the reference on the same model."""
    if finding.certificate.verdict != "different":
        return ""
    others = [
        other
        for other in findings
        if (other.cell.model, other.cell.samples) == (finding.cell.model, finding.cell.samples)
        and other.cell.framework.name != finding.cell.framework.name
        and other.certificate.verdict != "unchecked"
    ]
    agreeing = sorted({other.cell.framework.title for other in others if _agrees(other)})
    if not others:
        return ""
    title = finding.cell.framework.title
    if not agreeing:
        return (
            f" No framework agrees with the reference on {finding.cell.model}: suspect the spec "
            "or the reference."
        )
    return f" {title} is the odd one out: {' and '.join(agreeing)} agree with the reference."


def _agrees(finding: Finding) -> bool:
    return finding.certificate.verified


def summary_document(findings: Sequence[Finding], threads: int) -> dict[str, Any]:
    """Everything that was found, with every single error."""
    return {
        "schema": SCHEMA,
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": read_commit(),
        "machine": describe_machine(),
        "threads": threads,
        "batch_size": BATCH_SIZE,
        "steps": STEPS,
        "limits": {name: dict(stage.limits) for name, stage in STAGES.items()},
        "cells": [_cell_document(finding) for finding in findings],
    }


def _cell_document(finding: Finding) -> Mapping[str, Any]:
    cell = finding.cell
    return {
        "model": cell.model,
        "dataset": cell.dataset,
        "framework": cell.framework.name,
        "mode": cell.mode,
        "settings": cell.settings,
        "layout": cell.layout,
        "device": cell.device,
        "cached": finding.cached,
        "seconds": finding.seconds,
        **document(finding),
    }


def summary_file(results: Path) -> Path:
    """Where the document goes: `verify/<time>.json`, a new one.

    Raises:
        ResultsError: the folder cannot be made.
    """
    folder = results.absolute() / "verify"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ResultsError(
            f"The results folder {str(folder)!r} cannot be written ({error.strerror}); expected a "
            "folder of yours with room in it; name another with --results."
        ) from error
    stem = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
    taken = {path.stem for path in folder.glob("*.json")}
    names = (stem, *(f"{stem}-{number}" for number in range(2, 1000)))
    return folder / f"{next(name for name in names if name not in taken)}.json"
