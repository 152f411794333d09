"""Slow drift is told with its size, and neither noise nor a step is taken for it."""

from collections.abc import Callable, Sequence

import numpy as np
import pytest

from bench.records.results import Record
from reports.history.changes import change_points
from reports.history.drifts import Drift, describe_drift, find_drifts, has_trend
from reports.history.page import render
from reports.history.series import collect_histories, sort_runs
from reports.ranking.metrics import METRICS
from reports.runs.loading import LoadedRuns
from tests.reports.detector.drifts import count_false_alarms

Nights = Callable[..., list[Record]]

THROUGHPUT = METRICS[0]
NOISE = 0.006


def noisy(levels: Sequence[float], seed: int) -> list[float]:
    generator = np.random.default_rng(seed)
    return [level * float(np.exp(generator.normal(0, NOISE))) for level in levels]


def found(records: Sequence[Record]) -> tuple[Drift, ...]:
    (history,) = collect_histories(records)
    return find_drifts(history, change_points(history, THROUGHPUT), THROUGHPUT)


def page(records: Sequence[Record]) -> str:
    return render(LoadedRuns("some", tuple(records), (), tuple(sort_runs(records))))


def slower(nights: int, share: float = 0.01) -> list[float]:
    return [1000.0 * (1 - share) ** night for night in range(nights)]


def test_thirty_nights_each_one_percent_slower_are_a_quarter_in_all(nights: Nights) -> None:
    (drift,) = found(nights(noisy(slower(30), 1)))

    assert drift.ratio.median == pytest.approx(0.99**29, rel=0.01)
    assert drift.ratio.low < 0.99**29 < drift.ratio.high
    assert describe_drift(drift) == (
        "PyTorch, eager, default: a slow drift, slower (worse). Throughput became "
        "0.74x (0.74x\N{EN DASH}0.75x) of what it was over 30 runs, from night-000 (2026-03-01) to "
        "night-029 (2026-03-30). Over the same runs the machine's own speed became "
        "1.00x (1.00x\N{EN DASH}1.00x) of what it was."
    )


def test_the_page_tells_it_in_the_summary_and_in_its_work(nights: Nights) -> None:
    html = page(nights(slower(30)))

    assert html.count("a slow drift, slower (worse). Throughput became 0.75x") == 2
    assert "None: no step from one level to another is larger than noise." in html


def test_no_drift_and_too_few_runs_are_told_apart(nights: Nights) -> None:
    assert "no series rises or falls by more than noise" in page(nights([1000.0] * 12))
    assert "a drift needs 12." in page(nights(slower(11)))


@pytest.mark.parametrize("total", [0.95, 0.8, 1.05, 1.3])
def test_a_drift_is_found_in_both_directions(total: float, nights: Nights) -> None:
    for seed in range(3):
        levels = 1000 * np.geomspace(1, total, 30)
        (drift,) = found(nights(noisy(levels.tolist(), seed)))
        assert drift.ratio.median == pytest.approx(total, rel=0.02)


@pytest.mark.parametrize("runs", [12, 30])
def test_nothing_in_flat_noise(runs: int, nights: Nights) -> None:
    for seed in range(5):
        assert found(nights(noisy([1000.0] * runs, seed))) == ()


def test_a_step_is_no_drift(nights: Nights) -> None:
    for seed in range(5):
        assert found(nights(noisy([1000.0] * 15 + [800.0] * 15, seed))) == ()


def test_a_drift_after_a_step_begins_there(nights: Nights) -> None:
    levels = [1000.0] * 15 + [0.8 * speed for speed in slower(20, 0.005)]
    (drift,) = found(nights(noisy(levels, 2)))

    assert abs(drift.first.place - 15) <= 2
    assert drift.ratio.median == pytest.approx(0.995**19, rel=0.02)


def test_there_and_back_is_no_drift(nights: Nights) -> None:
    back = [*slower(15), *slower(15)[::-1]]
    assert found(nights(noisy(back, 1))) == ()


def test_a_drift_of_less_than_a_percent_is_left_to_others(nights: Nights) -> None:
    assert found(nights(slower(30, 0.0003))) == ()


def test_runs_that_stand_out_hide_no_drift(nights: Nights) -> None:
    levels = slower(30)
    levels[3], levels[20] = 300.0, 4000.0
    (drift,) = found(nights(levels))

    assert drift.ratio.median == pytest.approx(0.99**29, rel=0.01)


def test_equal_values_have_no_trend() -> None:
    assert not has_trend([1000.0] * 30)
    assert has_trend(slower(12))


def test_noise_is_taken_for_a_drift_as_seldom_as_the_page_says() -> None:
    draws = 1000
    assert count_false_alarms(30, 0.0, draws) <= 0.005 * draws
    assert count_false_alarms(30, 0.9, draws) <= 0.05 * draws
