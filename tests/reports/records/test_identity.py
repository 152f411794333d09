"""Trials that are there more than once."""

from collections.abc import Callable

from bench.records.results import Record
from reports.records.identity import MOST_NAMED, drop_duplicates

MakeRecord = Callable[..., Record]


def test_nothing_is_said_where_nothing_is_doubled(three: list[Record]) -> None:
    assert drop_duplicates(three) == (three, [])


def test_equal_trials_of_different_runs_are_repetitions(record: MakeRecord) -> None:
    records = [record(run="a"), record(run="b")]
    assert drop_duplicates(records) == (records, [])


def test_the_last_one_that_finished_counts(record: MakeRecord, failure: MakeRecord) -> None:
    first, second = record(commit="a"), record(commit="b")
    broken = failure("pytorch", status="failed")
    other = record("mxnet")
    kept, (line,) = drop_duplicates([first, other, second, broken])

    assert kept == [second, other]
    assert first.trial.id in line
    assert "3 times (ok, ok, failed): the last one that finished counts" in line


def test_where_none_finished_the_last_one_counts(failure: MakeRecord) -> None:
    first, last = failure(status="failed"), failure(status="timeout")
    kept, (line,) = drop_duplicates([first, last])

    assert kept == [last]
    assert "(failed, timeout): the last one counts" in line


def test_a_copied_run_does_not_fill_the_page(record: MakeRecord) -> None:
    records = [record(repeat=repeat) for repeat in range(1, 41)]
    kept, lines = drop_duplicates([*records, *records])

    assert kept == records
    assert len(lines) == MOST_NAMED + 1
    assert lines[-1] == "35 more trials are there more than once, likewise."
