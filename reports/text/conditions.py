"""What trials ran under, in words: tuned settings, and what was noted of the machine before."""

from collections.abc import Iterable, Mapping
from typing import Any

from bench.records.parts import MachineFinding
from bench.records.results import Record

NOTHING = "the record does not say what they consist of"


def describe_tuning(tuning: Mapping[str, Any]) -> str:
    """Name the variables, knobs and layout of tuned settings; empty of default ones."""
    parts = [
        f"{name}={value}"
        for kind in ("environment", "knobs")
        for name, value in _pairs(tuning.get(kind))
    ]
    if layout := tuning.get("layout"):
        parts.append(f"layout {layout}")
    return ", ".join(parts)


def list_origins(tuning: Mapping[str, Any]) -> tuple[str, ...]:
    """What each part does, with its source."""
    reasons, sources = (_texts(tuning.get(name)) for name in ("reasons", "sources"))
    if len(reasons) != len(sources):
        return (*reasons, *sources)
    return tuple(
        f"{reason.rstrip('.')} (source: {source.rstrip('.')})"
        for reason, source in zip(reasons, sources, strict=True)
    )


def collect_findings(records: Iterable[Record]) -> list[MachineFinding]:
    """The findings of all records, each once, in order of appearance."""
    return list(dict.fromkeys(finding for record in records for finding in record.fitness))


def describe_finding(finding: MachineFinding) -> str:
    """A finding in one line without a full stop; what keeps a run from working is a problem."""
    problem = "problem: " if finding.verdict == "problem" else ""
    detail = finding.detail.strip().removesuffix(".")
    return f"{finding.topic}: {problem}{detail}"


def _pairs(table: Any) -> list[tuple[str, Any]]:
    return list(table.items()) if isinstance(table, Mapping) else []


def _texts(values: Any) -> list[str]:
    return [str(value) for value in values] if isinstance(values, list | tuple) else []
