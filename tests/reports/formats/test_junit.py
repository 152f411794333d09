"""JUnit XML as junitparser reads it, and in the elements of the Jenkins xUnit plugin's schema."""

import re
from collections.abc import Callable
from xml.etree import ElementTree

import pytest
from junitparser import JUnitXml, TestSuite

from bench.records.results import Record

MakeRecord = Callable[..., Record]
MakeInvocations = Callable[..., list[Record]]
Export = Callable[[list[Record], str], str]

NAME = "lenet-digits-pytorch-eager-default-ieee-cpu-batch64"
# Of junit-10.xsd the elements and attributes that are written here: allowed children in each.
CHILDREN = {
    "testsuites": {"testsuite"},
    "testsuite": {"properties", "testcase"},
    "properties": {"property"},
    "property": set(),
    "testcase": {"skipped", "failure", "error", "system-out"},
    "skipped": set(),
    "failure": set(),
    "error": set(),
    "system-out": set(),
}
REQUIRED = {
    "testsuite": {"name", "tests", "failures", "errors"},
    "testcase": {"name"},
    "property": {"name", "value"},
}
ALLOWED = {
    "testsuites": {"name"},
    "testsuite": REQUIRED["testsuite"] | {"skipped", "time", "timestamp"},
    "testcase": {"name", "classname", "time"},
    "property": REQUIRED["property"],
    "skipped": {"type", "message"},
    "failure": {"type", "message"},
    "error": {"type", "message"},
}


def parsed(text: str) -> JUnitXml:
    """By junitparser, which computes again what a suite says of itself: see `suite_in`."""
    for element in ElementTree.fromstring(text).iter():
        names = set(element.attrib)
        assert {child.tag for child in element} <= CHILDREN[element.tag]
        assert REQUIRED.get(element.tag, set()) <= names <= ALLOWED.get(element.tag, set())
        assert re.fullmatch(r"\d+\.\d{3}", element.get("time", "0.000"))
    return JUnitXml.fromstring(text.encode("utf-8"))


def suite_in(text: str) -> dict[str, str]:
    """What the only suite says of itself."""
    (suite,) = ElementTree.fromstring(text)
    return suite.attrib


def properties_of(suite: TestSuite) -> dict[str, str]:
    return {str(each.name): str(each.value) for each in suite.properties()}


def test_a_case_for_each_trial_with_how_it_ended(
    export: Export, record: MakeRecord, failure: MakeRecord
) -> None:
    ends = {
        "failed": ("failure", "the loss is no number"),
        "timeout": ("error", "60 s were over"),
        "skipped": ("skipped", "no such mode"),
        "out of memory": ("skipped", "it wanted 1 TiB"),
    }
    ended = [
        failure("pytorch", status=status, reason=reason, repeat=repeat)
        for repeat, (status, (_, reason)) in enumerate(ends.items(), start=2)
    ]
    text = export([record(), *ended], "junit")
    (suite,) = parsed(text)

    assert suite_in(text) == {
        "name": NAME,
        "tests": "5",
        "failures": "1",
        "errors": "1",
        "skipped": "2",
        "time": "6.000",
        "timestamp": "2026-03-04T05:06:07+00:00",
    }
    cases = list(suite)
    assert {case.classname for case in cases} == {NAME}
    assert [case.name for case in cases] == [
        f"{NAME}-seed1-repeat{repeat}" for repeat in range(1, 6)
    ]
    assert [case.is_passed for case in cases] == [True, False, False, False, False]
    found = [(type(end).__name__, end.type, end.message) for case in cases for end in case.result]
    assert found == [
        (element.capitalize(), status, reason) for status, (element, reason) in ends.items()
    ]


def test_times_are_those_of_the_processes(export: Export, invocations: MakeInvocations) -> None:
    text = export(invocations("pytorch", (1000.0, 1100.0)), "junit")
    (suite,) = parsed(text)

    assert suite_in(text)["time"] == "12.000"
    assert [case.time for case in suite] == [6.0, 6.0]


@pytest.mark.parametrize("seconds", [{}, {"process": -1.0}, {"process": float("inf")}])
def test_a_time_that_is_none_is_absent(
    seconds: dict[str, float], export: Export, record: MakeRecord
) -> None:
    text = export([record(seconds=seconds)], "junit")
    (case,) = next(iter(parsed(text)))

    assert "time" not in suite_in(text)
    assert case.time is None


def test_medians_are_properties_and_values_are_output(
    export: Export, invocations: MakeInvocations, failure: MakeRecord
) -> None:
    one, two = invocations("pytorch", (1000.0, 1100.0))
    (suite,) = parsed(export([one, failure("pytorch", repeat=3), two], "junit"))

    properties = properties_of(suite)
    assert float(properties["throughput (samples/s)"]) == pytest.approx(1050.0)
    assert float(properties["throughput (samples/s) low"]) == pytest.approx(1000.0)
    assert float(properties["throughput (samples/s) high"]) == pytest.approx(1100.0)
    assert properties["framework_version"] == "2.13.0"
    assert properties["ranked"] == "true"
    outputs = [case.system_out for case in suite]
    assert "throughput: 1000 samples/s" in str(outputs[0])
    assert outputs[1] is None
    assert "throughput: 1100 samples/s" in str(outputs[2])
    assert "test-accuracy: 97 %" in str(outputs[2])


def test_what_is_not_ranked_passes_and_says_why(export: Export, record: MakeRecord) -> None:
    (suite,) = parsed(export([record(certificate=None)], "junit"))

    properties = properties_of(suite)
    assert properties["ranked"] == "false"
    assert properties["unranked_reason"] == "not verified: the record has no certificate"
    assert [case.is_passed for case in suite] == [True]


def test_hostile_texts_are_text(export: Export, hostile: list[Record]) -> None:
    (suite,) = parsed(export(hostile, "junit"))

    message = str(next(case for case in suite if case.result).result[0].message)
    assert "a|b `c` <script>alert('x')</script> &amp; \"q\" \\ \n# x" in message
    assert "\x00" not in message
    assert "@someone" in message
