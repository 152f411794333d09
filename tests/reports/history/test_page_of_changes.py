"""What the page of many runs says of changes."""

from collections.abc import Callable, Sequence

from bench.records.results import Record
from reports.history.page import render
from reports.history.series import sort_runs
from reports.runs.loading import LoadedRuns

Nights = Callable[..., list[Record]]


def page(records: Sequence[Record]) -> str:
    return render(LoadedRuns("some", tuple(records), (), tuple(sort_runs(records))))


def test_a_change_is_in_the_summary_in_its_work_and_in_its_figure(nights: Nights) -> None:
    html = page(nights([1000.0] * 6 + [800.0] * 6))

    assert html.count("slower (worse). Throughput is 0.80x") == 2
    figures = html.split("<figure>")[1:]
    assert "changed between night-005 (2026-03-06) and night-006 (2026-03-07)" in figures[0]
    assert "stroke-dasharray" in figures[0]
    assert not any("changed between" in one for one in figures[1:])


def test_no_change_and_too_few_runs_are_told_apart(nights: Nights) -> None:
    assert "None: no step from one level to another is larger than noise." in page(
        nights([1000.0] * 6)
    )
    assert "a change needs 3 on each side" in page(nights([1000.0] * 5))


def test_names_are_escaped(nights: Nights) -> None:
    html = page(
        nights([1000.0] * 6 + [800.0] * 6, framework='<b onclick="x">\ud800\n', commit="<i>&")
    )

    assert "<b onclick" not in html
    assert "&lt;b onclick" in html
    assert "<i>&" not in html
