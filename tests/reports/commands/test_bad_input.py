"""Records files as they should not be: each gives a correct page or one clear line."""

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from msgspec import structs

from bench.records.lines import encode
from bench.records.results import SCHEMA, Record
from reports.__main__ import main

MakeRecord = Callable[..., Record]
Save = Callable[[Path, Sequence[Record]], Path]


def page(folder: Path) -> str:
    assert main(["build", str(folder)]) == 0
    return (folder / "report.html").read_text(encoding="utf-8")


def append(folder: Path, text: str) -> None:
    with (folder / "records.jsonl").open("a", encoding="utf-8") as file:
        file.write(text)


def test_a_half_written_last_line(tmp_path: Path, three: list[Record], save: Save) -> None:
    folder = save(tmp_path / "run", three)
    append(folder, encode(three[0])[:200])
    html = page(folder)

    assert "records.jsonl, line 4 was left out: It is not JSON" in html
    assert "3 trials: 3 ok." in html


def test_a_newer_schema_is_not_guessed_at(tmp_path: Path, three: list[Record], save: Save) -> None:
    folder = save(tmp_path / "run", three)
    append(folder, json.dumps(json.loads(encode(three[0])) | {"schema": SCHEMA + 1}) + "\n")

    assert f"Its schema is {SCHEMA + 1}, this version of samestep reads 1 to {SCHEMA}" in page(
        folder
    )


def test_an_old_schema_is_read(tmp_path: Path, three: list[Record], save: Save) -> None:
    folder = save(tmp_path / "run", [])
    for record in three:
        append(folder, json.dumps(json.loads(encode(record)) | {"schema": 1}) + "\n")
    html = page(folder)

    assert "is fastest at 12,000 samples/s" in html
    assert "left out" not in html


def test_two_machines_have_two_sections(tmp_path: Path, record: MakeRecord, save: Save) -> None:
    other = replace(record("mxnet"), machine={"cpu": "Another CPU"})
    html = page(save(tmp_path / "run", [record(), other]))

    assert html.count("There is nothing to rank") >= 2
    assert "machine 2</h2>" in html


def test_a_trial_that_is_there_twice_counts_once(
    tmp_path: Path, three: list[Record], save: Save
) -> None:
    html = page(save(tmp_path / "run", [*three, three[0]]))

    assert "is there 2 times (ok, ok): the last one that finished counts." in html
    assert "3 trials: 3 ok." in html


def test_an_accuracy_that_is_no_number_is_not_ranked(
    tmp_path: Path, three: list[Record], save: Save
) -> None:
    last = structs.replace(three[0].epochs[-1], test_accuracy=math.nan)
    odd = replace(three[0], epochs=(*three[0].epochs[:-1], last))
    html = page(save(tmp_path / "run", [odd, *three[1:]]))

    assert "TensorFlow 2.21.0 (eager) is fastest" in html
    assert "it has no test accuracy to hold against that of its peers" in html


def test_every_trial_failed(tmp_path: Path, failure: MakeRecord, save: Save) -> None:
    names = ("pytorch", "mxnet")
    html = page(save(tmp_path / "run", [failure(name, status="failed") for name in names]))

    assert "No trial finished, so there is nothing to compare." in html
    assert "2 trials: 2 failed." in html


@pytest.mark.parametrize("text", ["", "\n\n", '{"schema": 99}\n', "garbage"])
def test_nothing_that_can_be_read_is_one_line(
    text: str, tmp_path: Path, save: Save, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = save(tmp_path / "run", [])
    append(folder, text)

    assert main(["build", str(folder)]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "hold no trial" in error
    assert not (folder / "report.html").exists()
