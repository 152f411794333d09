"""The page of many runs."""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from bench.records.results import Record
from reports.__main__ import main
from reports.history import store
from reports.history.page import render
from reports.history.series import collect_histories, sort_runs
from reports.runs.loading import LoadedRuns

MakeRecord = Callable[..., Record]
Invocations = Callable[..., list[Record]]
Save = Callable[[Path, Sequence[Record]], Path]


@pytest.fixture
def nights(invocations: Invocations) -> list[Record]:
    """Three nights: the second is as fast as the first, the third slower and of a new version."""
    found: list[Record] = []
    for day, speed, version in ((3, 100.0, "1.0"), (1, 101.0, "1.0"), (2, 100.5, "1.1")):
        # Not in the order of their names.
        found += invocations(
            "pytorch",
            [speed * factor * (0.8 if day == 3 else 1) for factor in (0.99, 1.0, 1.01)],
            run=f"night-{4 - day}",
            started=f"2026-03-0{day}T01:00:00+00:00",
            framework_version=version if day < 3 else "1.1",
            commit=str(day) * 40,
        )
    return found


def page(records: Sequence[Record]) -> str:
    return render(LoadedRuns("some", tuple(records), (), tuple(sort_runs(records))))


def test_points_are_in_the_order_of_time(nights: list[Record]) -> None:
    ((history,), runs) = collect_histories(nights), sort_runs(nights)
    (series,) = history.series

    assert runs == ["night-3", "night-2", "night-1"]
    assert [point.run for point in series.points] == runs
    assert [point.row.throughput.median for point in series.points] == [101.0, 100.5, 80.0]
    assert series.label == "PyTorch, eager, default"


def test_the_latest_run_is_held_against_the_one_before(nights: list[Record]) -> None:
    html = page(nights)

    assert "80.0 (79.2\N{EN DASH}80.8)" in html
    assert "0.80x (0.78x\N{EN DASH}0.81x)" in html
    assert ">yes<" in html
    assert ">no<" in page(nights[3:])
    assert ">no<" not in html
    assert "(too few invocations)" in page([nights[0], nights[3]])


def test_a_figure_for_each_quantity_with_its_ends_in_words(nights: list[Record]) -> None:
    html = page(nights)
    figures = html.split("<figure>")[1:]
    words = [
        ElementTree.fromstring("<svg" + one.split("<svg")[1].split("</svg>")[0] + "</svg>").get(
            "aria-label", ""
        )
        for one in figures
    ]

    assert len(words) == 3
    assert "101 in the first of 3 runs, 80.0 in the last" in words[0]
    assert words[1].startswith("Test accuracy")
    assert words[2].startswith("Peak anonymous memory")


def test_one_run_is_a_table_without_figures(three: list[Record]) -> None:
    html = page(three)

    assert "There is one run so far" in html
    assert "<figure>" not in html
    assert "(one run)" in html


def update(records: list[Record]) -> list[Record]:
    """Each run on the same machine with another kernel, and other megabytes that it takes."""
    names = sort_runs(records)
    return [
        replace(
            one,
            machine={
                **one.machine,
                "kernel": f"6.1.0-{names.index(one.run)}",
                "memory_bytes": one.machine["memory_bytes"] - names.index(one.run) * 2**20,
            },
        )
        for one in records
    ]


def test_a_history_goes_on_after_an_update_of_the_kernel(nights: list[Record]) -> None:
    updated = update(nights)
    (history,) = collect_histories(updated)
    assert [len(series.points) for series in history.series] == [
        len(series.points) for series in collect_histories(nights)[0].series
    ]
    text = re.sub(r"<[^>]+>", " ", page(updated))
    assert "changed since: kernel 6.1.0-0 to 6.1.0-1" in text
    assert "6.1.0-0, then 6.1.0-1, then 6.1.0-2" in text, "in the table of machines"
    assert "changed since" not in page(nights)


def test_a_store_of_before_is_joined_when_it_is_read(
    tmp_path: Path, nights: list[Record], save: Save
) -> None:
    updated = update(nights)
    for name in sort_runs(updated):
        folder = save(tmp_path / name, [one for one in updated if one.run == name])
        store.append(tmp_path / "store", [folder])
    assert len(collect_histories(store.read(tmp_path / "store").records)) == 1


def test_machines_have_sections_of_their_own(record: MakeRecord) -> None:
    records = [record(run="a"), record(run="b", machine={"cpu": "Other"})]
    titles = [history.title for history in collect_histories(records)]

    assert titles[0].endswith("machine 1")
    assert titles[1].endswith("machine 2")


def test_the_command_takes_all_runs_of_a_folder(
    tmp_path: Path, nights: list[Record], save: Save, capsys: Any
) -> None:
    for name in sort_runs(nights):
        save(tmp_path / name, [one for one in nights if one.run == name])

    assert main(["history", "--results", str(tmp_path)]) == 0
    assert capsys.readouterr().out == f"{tmp_path / 'history.html'}\n"
    assert "<h1>History of 3 runs</h1>" in (tmp_path / "history.html").read_text()


def test_an_empty_folder_is_one_line(tmp_path: Path, capsys: Any) -> None:
    assert main(["history", "--results", str(tmp_path)]) == 2
    assert capsys.readouterr().err.count("\n") == 1
