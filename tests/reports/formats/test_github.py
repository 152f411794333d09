"""What github-action-benchmark is given, by hand; what it accepts, as its source has it."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bench.records.results import Record
from reports.__main__ import main

MakeRecord = Callable[..., Record]
MakeInvocations = Callable[..., list[Record]]
Export = Callable[[list[Record], str], str]

NAME = "lenet-digits-pytorch-eager-default-ieee-cpu-batch64"
# The action's own expression for what it draws as an error bar; the rest has to be a number.
RANGE = re.compile(r"(?:\+-|±)\s*(\d.*)")


def entries(text: str) -> dict[str, dict[str, Any]]:
    """The entries by name, each of the types that the action's schema asks for."""
    found = json.loads(text)
    for entry in found:
        assert set(entry) <= {"name", "unit", "value", "range", "extra"}
        assert all(isinstance(entry[name], str) for name in set(entry) - {"value"})
        assert isinstance(entry["value"], float)
        if "range" in entry:
            match = RANGE.fullmatch(entry["range"])
            assert match is not None
            float(match[1])
    named = {entry["name"]: entry for entry in found}
    assert len(named) == len(found)
    return named


def test_medians_and_half_intervals_by_hand(export: Export, invocations: MakeInvocations) -> None:
    found = entries(export(invocations("pytorch", (1000.0, 1300.0, 1100.0)), "github-bigger"))

    throughput = found[f"{NAME}/throughput"]
    assert throughput["value"] == pytest.approx(1100.0)
    assert throughput["unit"] == "samples/s"
    assert throughput["range"] == "± 150"
    assert throughput["extra"].splitlines() == [
        "interval: 1000 to 1300, which holds the true median in 75.00% of such runs",
        "invocations: 3",
        "version: 2.13.0",
        "commit: 0123456789ab",
        f"machine: {throughput['extra'].splitlines()[4].removeprefix('machine: ')}",
        "ranked: true",
    ]
    assert found[f"{NAME}/test-accuracy"]["value"] == 97.0
    assert found[f"{NAME}/test-accuracy"]["unit"] == "%"


def test_what_is_better_when_smaller_is_in_the_other_file(
    export: Export, three: list[Record]
) -> None:
    found = entries(export(three, "github-smaller"))

    assert {name.rpartition("/")[2] for name in found} == {
        "time-to-first-step",
        "peak-anonymous-memory",
    }
    assert found[f"{NAME}/peak-anonymous-memory"]["value"] == 150.0
    assert found[f"{NAME}/peak-anonymous-memory"]["unit"] == "MiB"
    assert found[f"{NAME}/time-to-first-step"]["value"] == 2.25
    # One invocation has no interval.
    assert not any("range" in entry for entry in found.values())
    assert all("interval: none" in entry["extra"] for entry in found.values())


def test_a_row_that_is_not_ranked_says_so(export: Export, record: MakeRecord) -> None:
    found = entries(export([record(), record("mxnet", certificate=None)], "github-bigger"))

    assert found[f"{NAME}/throughput"]["extra"].endswith("ranked: true")
    other = found[f"{NAME.replace('pytorch', 'mxnet')}/throughput"]
    assert other["extra"].endswith("ranked: false (not verified: the record has no certificate)")


def test_a_failed_row_has_no_entry(export: Export, record: MakeRecord, failure: MakeRecord) -> None:
    found = entries(export([record(), failure("mxnet")], "github-bigger"))

    assert all(name.startswith(NAME) for name in found)


def test_hostile_names_are_strings(export: Export, hostile: list[Record]) -> None:
    assert len(entries(export(hostile, "github-bigger"))) == 2


@pytest.mark.parametrize("name", ["github-bigger", "github-smaller"])
def test_nothing_to_export_is_one_line(
    name: str,
    tmp_path: Path,
    failure: MakeRecord,
    save: Callable[[Path, list[Record]], Path],
    capsys: pytest.CaptureFixture[str],
) -> None:
    folder = save(tmp_path / "run", [failure("mxnet"), failure("pytorch", status="failed")])

    assert main(["export", str(folder), "--format", name]) == 2

    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    assert "refuses an empty list" in captured.err
