"""A stored run gives the numbers that samestep gave for it before the reports were rewritten.

`tests/data/same_numbers` holds eight records of a real run of build 0a4c846, and every number that
this build's `reports build --json` and `reports export --format csv` gave for them.
"""

import csv
import io
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from reports.__main__ import main
from tests.conftest import ROOT

DATA = ROOT / "tests" / "data" / "same_numbers"
EXPECTED: dict[str, dict[str, float]] = json.loads((DATA / "numbers.json").read_text("utf-8"))


@pytest.fixture
def run(tmp_path: Path) -> Path:
    folder = tmp_path / "some"
    folder.mkdir()
    shutil.copy(DATA / "records.jsonl", folder)
    return folder


def numbers_in(value: Any, place: str = "") -> dict[str, float]:
    """Every number of a JSON document by its place in it."""
    if isinstance(value, dict):
        items = list(value.items())
    elif isinstance(value, list):
        items = list(enumerate(value))
    else:
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        return {place: value} if is_number else {}
    return {
        name: number
        for key, item in items
        for name, number in numbers_in(item, f"{place}/{key}").items()
    }


def test_the_tables_have_the_same_numbers(run: Path, tmp_path: Path) -> None:
    tables = tmp_path / "tables.json"

    assert main(["build", str(run), "--json", str(tables)]) == 0

    assert numbers_in(json.loads(tables.read_text("utf-8"))) == EXPECTED["tables"]


def test_the_trials_have_the_same_numbers(run: Path, capsysbinary: Any) -> None:
    assert main(["export", str(run), "--format", "csv"]) == 0

    rows = list(csv.DictReader(io.StringIO(capsysbinary.readouterr().out.decode())))
    for place, expected in EXPECTED["trials"].items():
        _, row, column = place.split("/")
        assert float(rows[int(row)][column]) == expected, place
