"""JUnit XML: a suite for each series, a test case for each trial.

As the Jenkins xUnit plugin's schema has it: there a suite has properties and a test case has none,
so a trial's own numbers stand in its output.
"""

import math
import re
from collections.abc import Mapping, Sequence
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from bench.records.results import Record
from reports.formats.series import NamedRow, collect_values, name_rows
from reports.ranking.metrics import METRICS
from reports.records.integrity import TITLE, Altered
from reports.runs.loading import LoadedRuns

# By how a trial ended. Running out of memory is what a sweep of batch sizes looks for, and no
# failure in the suite that runs the trials either.
ELEMENTS = {
    "skipped": "skipped",
    "out of memory": "skipped",
    "diverged": "failure",
    "failed": "failure",
    "crashed": "error",
    "garbled": "error",
    "no result": "error",
    "silent": "error",
    "timeout": "error",
}
COUNTS = {"failures": "failure", "errors": "error", "skipped": "skipped"}
# XML 1.0 has no way to write these.
NO_CHARACTERS = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


def to_junit(run: LoadedRuns) -> str:
    """All trials of a run."""
    root = Element("testsuites", name=run.title)
    if run.altered:
        root.append(_altered(run.altered))
    root.extend([_suite(named) for named in name_rows(run.comparisons)])
    for element in root.iter():
        element.attrib = {name: _replace(text) for name, text in element.attrib.items()}
        element.text = _replace(element.text or "") or None
    indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(root, encoding="unicode") + "\n"


def _altered(altered: Altered) -> Element:
    count, name = str(len(altered)), "records"
    counts = {"tests": count, "failures": "0", "errors": count, "skipped": "0"}
    suite = Element("testsuite", {"name": name, **counts})
    for run, lines in altered.items():
        case = SubElement(suite, "testcase", classname=name, name=run)
        SubElement(case, "error", type="altered", message=f"{TITLE}: {'; '.join(lines)}")
    return suite


def _suite(named: NamedRow) -> Element:
    records = named.row.records
    ends = [ELEMENTS.get(record.status) for record in records]
    suite = Element(
        "testsuite",
        {
            "name": named.name,
            "tests": str(len(records)),
            **{name: str(ends.count(element)) for name, element in COUNTS.items()},
            **_time(records),
            "timestamp": min(record.started for record in records),
        },
    )
    properties = SubElement(suite, "properties")
    for name, value in _properties(named).items():
        SubElement(properties, "property", name=name, value=value)
    numbers = iter(_numbers(named))
    for record in records:
        suite.append(_case(named, record, next(numbers) if record.status == "ok" else ""))
    return suite


def _case(named: NamedRow, record: Record, numbers: str) -> Element:
    attributes = {"classname": named.name, "name": record.trial.id, **_time([record])}
    case = Element("testcase", attributes)
    if record.status in ELEMENTS:
        message = record.reason or "no reason was recorded"
        SubElement(case, ELEMENTS[record.status], type=record.status, message=message)
    if numbers:
        SubElement(case, "system-out").text = numbers
    return case


def _properties(named: NamedRow) -> Mapping[str, str]:
    properties = {"title": named.comparison.title, **named.state}
    for each in collect_values(named.row):
        name = f"{each.metric.name} ({each.metric.unit})"
        bounds = {name: each.value, f"{name} low": each.low, f"{name} high": each.high}
        properties |= {key: repr(number) for key, number in bounds.items() if number is not None}
    return properties


def _numbers(named: NamedRow) -> Sequence[str]:
    columns = [(metric, named.row.values(metric.column)) for metric in METRICS]
    return [
        "\n".join(
            f"{metric.name}: {values[place] / metric.scale:.12g} {metric.unit}"
            for metric, values in columns
            if math.isfinite(values[place])
        )
        for place in range(len(named.row.finished))
    ]


def _time(records: Sequence[Record]) -> dict[str, str]:
    """The seconds of the processes together; nothing where none is known."""
    recorded = [record.seconds.process_seconds for record in records]
    seconds = [
        value for value in recorded if value is not None and value >= 0 and math.isfinite(value)
    ]
    total = sum(seconds)
    return {"time": f"{total:.3f}"} if seconds and math.isfinite(total) else {}


def _replace(text: str) -> str:
    return NO_CHARACTERS.sub(REPLACEMENT, text)
