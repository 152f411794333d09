"""What steps find: lines of JSON, each written as soon as it is known.

A step that is stopped at its time limit keeps what it had found until then.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

Finding = Mapping[str, Any]


class Notebook:
    """A file that a step writes its findings into."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def write(self, what: str, **values: Any) -> None:
        """Add a finding; `what` says which kind it is."""
        with self._path.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps({"what": what, **values}) + "\n")


def read_findings(path: Path) -> list[Finding]:
    """Read the findings of a step; a line that was not finished is left out."""
    if not path.is_file():
        return []
    findings = []
    for line in path.read_text("utf-8").splitlines():
        try:
            findings.append(json.loads(line))
        except ValueError:
            continue
    return findings


class Findings:
    """The findings of all steps."""

    def __init__(self, by_step: Mapping[str, Sequence[Finding]]) -> None:
        self._by_step = by_step

    def select(self, what: str, **values: Any) -> list[Finding]:
        """Select the findings of a kind whose values are these."""
        return [
            finding
            for finding in self._iterate()
            if finding["what"] == what
            and all(finding.get(name) == value for name, value in values.items())
        ]

    def _iterate(self) -> Iterator[Finding]:
        for findings in self._by_step.values():
            yield from findings
