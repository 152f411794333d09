"""A run that build 0a4c846 measured gives the tables that its code made of it, number by number.

`tests/data/run-of-0a4c846` has four trials of it, without their seals and under another kernel's
name, with what that code exported. It is never to be changed.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from reports.__main__ import main
from tests.conftest import ROOT

STORED = ROOT / "tests" / "data" / "run-of-0a4c846"


@pytest.mark.parametrize(
    ("name", "file"), [("csv", "trials.csv"), ("openmetrics", "openmetrics.txt")]
)
def test_its_exports_are_what_they_were_to_the_byte(name: str, file: str, tmp_path: Path) -> None:
    assert main(["export", str(STORED), "--format", name, "--output", str(tmp_path / file)]) == 0
    assert (tmp_path / file).read_text() == (STORED / file).read_text()


def test_every_number_of_its_tables_is_what_it_was(tmp_path: Path) -> None:
    page, tables = tmp_path / "report.html", tmp_path / "tables.json"
    assert main(["build", str(STORED), "--output", str(page), "--json", str(tables)]) == 0
    before = dict(numbers(json.loads((STORED / "tables.json").read_text())))
    now = dict(numbers(json.loads(tables.read_text())))
    assert len(before) > 200
    assert {place: now.get(place) for place in before} == before


def numbers(document: Any, place: str = "") -> Iterator[tuple[str, Any]]:
    """Whatever is no text in a document, by where it stands."""
    if isinstance(document, dict):
        for name, value in document.items():
            yield from numbers(value, f"{place}.{name}")
    elif isinstance(document, list):
        for number, value in enumerate(document):
            yield from numbers(value, f"{place}[{number}]")
    elif not isinstance(document, str):
        yield place, document
