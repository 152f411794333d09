"""Rows with variables of a plan beside rows without: on the page, in exports and in histories."""

import csv
import io
import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path

import pandas as pd
import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families

import reports
from bench.errors import ResultsError
from bench.records.results import Record
from reports.__main__ import main
from reports.compare.outcome import compare_sides
from reports.compare.sides import Side
from reports.content.export import collect_numbers
from reports.figures.canvas import label_row
from reports.formats.series import name_rows
from reports.history.series import collect_histories
from reports.page.report import render
from reports.ranking.comparisons import compare
from reports.runs.loading import LoadedRuns
from tests.reports.conftest import make_invocations

Export = Callable[[Sequence[Record], str], str]
Save = Callable[[Path, Sequence[Record]], Path]

FAST = "XLA_FLAGS=--xla_cpu_enable_fast_math=true"
SLOW = FAST.replace("true", "false")
SERIES = "lenet-digits-jax-eager-default-ieee-cpu-batch64"


@pytest.fixture
def three_ways() -> list[Record]:
    """Three invocations each without variables, and with two values of one."""
    return [
        record
        for variables, speed in (("", 100.0), (FAST, 150.0), (SLOW, 50.0))
        for record in make_invocations(
            "jax", (speed, speed * 1.01, speed * 1.02), variables=variables
        )
    ]


def test_each_is_a_row_whose_label_has_the_variables(three_ways: list[Record]) -> None:
    (comparison,) = compare(three_ways)
    assert [row.label for row in comparison.rows] == [
        f"JAX 0.1, eager, default, {FAST}",
        "JAX 0.1, eager, default",
        f"JAX 0.1, eager, default, {SLOW}",
    ]
    assert all(len(row.finished) == 3 for row in comparison.rows)
    assert len({label_row(row) for row in comparison.rows}) == 3


def test_the_page_names_them(three_ways: list[Record]) -> None:
    page = render(LoadedRuns("r", tuple(three_ways), (), ("quick",)))
    assert page.count(FAST) > 3
    assert "Variables of the plan" in page


def test_their_series_have_names_of_their_own(three_ways: list[Record]) -> None:
    names = [named.name for named in name_rows(compare(three_ways))]
    assert names[1] == SERIES
    assert len(set(names)) == 3
    assert not any("@" in name for name in names)


def test_openmetrics_tells_them_apart_and_old_series_go_on(
    export: Export, three_ways: list[Record]
) -> None:
    text = export(three_ways, "openmetrics")
    (speeds,) = (
        family.samples
        for family in text_string_to_metric_families(text)
        if family.name == "samestep_throughput_samples_per_second"
    )
    assert [sample.labels.get("variables") for sample in speeds] == [FAST, None, SLOW]
    assert len({sample.labels["series"] for sample in speeds}) == 3


@pytest.mark.parametrize("name", ["csv", "csv-series"])
def test_csv_has_a_column_of_them(export: Export, three_ways: list[Record], name: str) -> None:
    rows = list(csv.DictReader(io.StringIO(export(three_ways, name), newline="")))
    assert {row["variables"] for row in rows} == {"", FAST, SLOW}


def test_so_have_parquet_the_page_and_a_database(
    tmp_path: Path, save: Save, three_ways: list[Record]
) -> None:
    folder = save(tmp_path / "run", three_ways)
    assert set(reports.load(folder)["variables"]) == {"", FAST, SLOW}
    assert main(["export", str(folder), "--format", "parquet"]) == 0
    assert set(pd.read_parquet(folder / "trials.parquet")["variables"]) == {"", FAST, SLOW}
    url = f"sqlite:///{tmp_path / 'history.sqlite'}"
    assert main(["history", "--results", str(tmp_path), "--database", url]) == 0
    with sqlite3.connect(tmp_path / "history.sqlite") as database:
        assert set(database.execute("select distinct variables from samestep_trials")) == {
            ("",),
            (FAST,),
            (SLOW,),
        }
        (count,) = database.execute("select count(distinct series) from samestep_series").fetchone()
        assert count == 3


def test_each_has_a_history_of_its_own(three_ways: list[Record]) -> None:
    (history,) = collect_histories(three_ways)
    assert {series.key.variables for series in history.series} == {"", FAST, SLOW}
    assert len({series.label for series in history.series}) == 3


def test_only_the_same_variables_are_compared_unless_that_is_asked_for(
    three_ways: list[Record],
) -> None:
    without, fast, slow = three_ways[:3], three_ways[3:6], three_ways[6:]

    def sides(base: list[Record], head: list[Record]) -> tuple[Side, Side]:
        return Side("BASE", "base", tuple(base)), Side("HEAD", "head", tuple(head))

    same = compare_sides(*sides(three_ways, three_ways))
    assert [pair.base.row.key for pair in same.pairing.pairs] == [
        pair.head.row.key for pair in same.pairing.pairs
    ]
    assert len(same.pairing.pairs) == 3
    with pytest.raises(ResultsError, match="variables"):
        compare_sides(*sides(without, fast))
    across = compare_sides(*sides(slow, fast), across=("variables",))
    assert len(across.pairing.pairs) == 1


def test_the_numbers_of_a_page_have_them(three_ways: list[Record]) -> None:
    numbers = collect_numbers(compare(three_ways)[0])
    assert [row["variables"] for row in numbers] == [FAST, "", SLOW]
