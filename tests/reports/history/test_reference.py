"""Runs against one and the same reference: what the machine does is in both, and in no change."""

import random
import re
from collections.abc import Callable
from dataclasses import replace

import pytest

from bench.records.parts import TimedBlock
from bench.records.results import Record
from reports.history.changes import change_points
from reports.history.page import render
from reports.history.series import collect_histories, sort_runs
from reports.ranking.metrics import BY_PARTNER, METRICS
from reports.runs.loading import LoadedRuns
from reports.trials import frame
from tests.reports.conftest import make_record

REFERENCE = "f" * 40
Nights = Callable[..., list[Record]]


def blocks(rates: list[float]) -> tuple[TimedBlock, ...]:
    return tuple(
        TimedBlock(steps=10, samples=640, seconds=640 / rate, warmup=place == 0)
        for place, rate in enumerate(rates)
    )


def against_reference(ratios: list[float], reference: str = REFERENCE) -> list[Record]:
    """A run for each ratio, of five pairs, on a machine whose speed drifts by a factor of two."""
    generator = random.Random(9)
    records = []
    for night, ratio in enumerate(ratios):
        common = {
            "run": f"night-{night:02}",
            "started": f"2026-03-{1 + night:02}T00:00:00+00:00",
        }
        of_reference = {"revision": reference, "commit": reference}
        for repeat in range(1, 6):
            level = generator.uniform(1000, 2000)
            sides = [
                [level * speed * generator.lognormvariate(0, 0.01) for _ in range(12)]
                for speed in (1.0, ratio)
            ]
            base = make_record(**common, **of_reference, repeat=repeat, blocks=blocks(sides[0]))
            head = make_record(
                **common, repeat=repeat, commit=f"{night:040}", blocks=blocks(sides[1])
            )
            records += [
                replace(base, in_turns_with=head.trial.id),
                replace(head, in_turns_with=base.trial.id),
            ]
    return records


def test_a_step_shows_by_the_reference_where_the_machine_hides_it() -> None:
    (history,) = collect_histories(against_reference([1.0] * 7 + [0.96] * 7))
    (series,) = history.series
    assert series.reference == REFERENCE
    assert series.label.endswith("in turns with ffffffffffff")
    (change,) = change_points(history, BY_PARTNER)
    assert change.after.run == "night-07"
    assert not change.better
    assert change.ratio.median == pytest.approx(0.96, abs=0.01)
    assert change_points(history, METRICS[0]) == ()


def test_no_step_is_none() -> None:
    (history,) = collect_histories(against_reference([1.0] * 14))
    assert change_points(history) == ()


def test_another_reference_is_another_series() -> None:
    records = against_reference([1.0] * 4)
    others = against_reference([1.0] * 4, "e" * 40)
    later = [replace(record, run=f"later-{record.run}") for record in others]
    (history,) = collect_histories([*records, *later])
    assert [one.reference for one in history.series] == [REFERENCE, "e" * 40]
    assert [len(one.points) for one in history.series] == [4, 4]


def test_runs_without_a_reference_stand_beside_those_with_one(nights: Nights) -> None:
    (history,) = collect_histories([*nights([1000.0] * 3), *against_reference([1.0] * 3)])
    assert sorted((one.reference or "") for one in history.series) == ["", REFERENCE]


def test_the_page_says_it_and_draws_it() -> None:
    records = against_reference([1.0] * 7 + [0.96] * 7)
    html = render(LoadedRuns("some", tuple(records), (), tuple(sort_runs(records))))
    assert "slower relative to the reference (worse)" in html
    assert re.search(r"Throughput relative to the reference is 0\.9[56]\d?x \(", html)
    assert html.count("<figure") == 4


def test_the_column_is_the_ratio_of_neighbouring_blocks() -> None:
    base, head = against_reference([0.5])[:2]
    base = replace(base, blocks=blocks([1, 100, 200, 300]))
    head = replace(head, blocks=blocks([1, 50, 100, 150]))
    alone = replace(head, in_turns_with=None)
    failed = replace(base, status="failed")
    column = "throughput_by_partner"
    assert frame.build_trials([base, head])[column].tolist() == pytest.approx([2.0, 0.5])
    assert frame.build_trials([base, alone])[column].isna().all()
    assert frame.build_trials([failed, head])[column].isna().all()
    other = replace(base, run="other")
    assert frame.build_trials([other, head])[column].isna().all()
