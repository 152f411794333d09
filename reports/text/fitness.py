"""What was noted of a machine before a run, each finding once."""

from collections.abc import Iterable

from bench.records.parts import MachineFinding
from bench.records.results import Record


def collect_findings(records: Iterable[Record]) -> list[MachineFinding]:
    """The findings of all records in order of appearance."""
    return list(dict.fromkeys(finding for record in records for finding in record.fitness))


def describe_finding(finding: MachineFinding) -> str:
    """A finding in one line without a full stop; what keeps a run from working is a problem."""
    problem = "problem: " if finding.verdict == "problem" else ""
    detail = finding.detail.strip().removesuffix(".")
    return f"{finding.topic}: {problem}{detail}"
