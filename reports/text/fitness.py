"""What was noted of a machine before a run, each finding once."""

from collections.abc import Iterable

from bench.records.results import Record


def collect_findings(records: Iterable[Record]) -> list[dict[str, str]]:
    """The findings of all records in order of appearance: {topic, verdict, detail}."""
    findings: list[dict[str, str]] = []
    # By identity first: most records have none, which is one and the same.
    for record in {id(record.fitness): record for record in records}.values():
        findings += [finding for finding in record.fitness if finding not in findings]
    return findings


def describe_finding(finding: dict[str, str]) -> str:
    """A finding in one line without a full stop; what keeps a run from working is a problem."""
    problem = "problem: " if finding.get("verdict") == "problem" else ""
    detail = str(finding.get("detail")).strip().removesuffix(".")
    return f"{finding.get('topic')}: {problem}{detail}"
