"""Pieces of work in several processes."""

import os
from functools import partial

import pytest

from reports.trials import parallel
from reports.trials.parallel import run_in_processes


def piece(number: int) -> tuple[int, int]:
    return number * number, os.getpid()


@pytest.mark.parametrize("count", [0, 1, parallel.LEAST_PIECES, 30])
def test_what_is_made_comes_in_order(count: int) -> None:
    made = run_in_processes([partial(piece, number) for number in range(count)])
    assert [value for value, _ in made] == [number * number for number in range(count)]


def test_few_pieces_stay_in_this_process() -> None:
    assert {process for _, process in run_in_processes([partial(piece, 1)])} == {os.getpid()}


def test_many_pieces_leave_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: {0, 1})
    made = run_in_processes([partial(piece, number) for number in range(20)])
    assert os.getpid() not in {process for _, process in made}


def test_one_processor_has_one_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: {0})
    made = run_in_processes([partial(piece, number) for number in range(20)])
    assert {process for _, process in made} == {os.getpid()}


def test_an_error_comes_through(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: {0, 1})
    with pytest.raises(ZeroDivisionError):
        run_in_processes([lambda: 1 // 0] * 10)
