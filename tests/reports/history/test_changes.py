"""Change points: planted steps are found where they are, and none where there is none."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pytest
from msgspec import structs

from bench.records.parts import Memory
from bench.records.results import Record
from reports.history.changes import LevelChange, change_points, describe_change
from reports.history.series import collect_histories
from reports.ranking.metrics import METRICS

Nights = Callable[..., list[Record]]

THROUGHPUT, FIRST_STEP, MEMORY = METRICS[:3]
# Of the same run on another night, relative.
NOISE = 0.006
SEEDS = range(10)


def noisy(levels: Sequence[float], seed: int) -> list[float]:
    generator = np.random.default_rng(seed)
    return [level * float(np.exp(generator.normal(0, NOISE))) for level in levels]


def found(records: Sequence[Record]) -> tuple[LevelChange, ...]:
    (history,) = collect_histories(records)
    return change_points(history, THROUGHPUT)


@pytest.mark.parametrize("step", [0.03, 0.05, 0.2])
@pytest.mark.parametrize(("runs", "at"), [(24, 12), (16, 10), (14, 5)])
@pytest.mark.parametrize("sign", [1, -1])
def test_a_planted_step_is_found_within_two_runs(
    step: float, runs: int, at: int, sign: int, nights: Nights
) -> None:
    levels = [1000.0] * at + [1000.0 * (1 + step) ** sign] * (runs - at)
    for seed in range(2):
        (change,) = found(nights(noisy(levels, seed)))

        assert abs(change.after.place - at) <= 2
        assert change.before.place == change.after.place - 1
        assert change.better == change.up == (sign > 0)
        assert change.ratio.median == pytest.approx((1 + step) ** sign, rel=NOISE)
        assert change.ratio.low < change.ratio.median < change.ratio.high


def test_two_steps_are_two_changes_with_the_most_recent_first(nights: Nights) -> None:
    levels = [1000.0] * 10 + [800.0] * 10 + [1000.0] * 10
    changes = found(nights(noisy(levels, 1)))

    assert [change.after.place for change in changes] == [20, 10]
    assert [change.better for change in changes] == [True, False]
    assert [(change.runs_before, change.runs_after) for change in changes] == [(10, 10), (10, 10)]


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("runs", [8, 30])
def test_nothing_in_flat_noise(seed: int, runs: int, nights: Nights) -> None:
    assert found(nights(noisy([1000.0] * runs, seed))) == ()


@pytest.mark.parametrize("total", [0.1, 0.5])
def test_nothing_in_drift(total: float, nights: Nights) -> None:
    for seed in SEEDS:
        levels = 1000 * np.linspace(1, 1 + total, 24)
        assert found(nights(noisy(levels.tolist(), seed))) == ()


@pytest.mark.parametrize("at", [0, 1, 9, 18, 19])
@pytest.mark.parametrize("factor", [0.5, 1.3])
def test_nothing_of_a_single_outlier(at: int, factor: float, nights: Nights) -> None:
    levels = [1000.0] * 20
    levels[at] *= factor
    for seed in range(3):
        assert found(nights(noisy(levels, seed))) == ()


def test_an_outlier_does_not_hide_a_step(nights: Nights) -> None:
    levels = [1000.0] * 10 + [900.0] * 10
    levels[4], levels[15] = 600.0, 1500.0
    (change,) = found(nights(noisy(levels, 3)))

    assert change.after.run == "night-010"


@pytest.mark.parametrize(("before", "after"), [(2, 10), (10, 2), (2, 3), (0, 1)])
def test_nothing_of_few_runs(before: int, after: int, nights: Nights) -> None:
    assert found(nights([1000.0] * before + [500.0] * after)) == ()


def test_equal_numbers_have_no_noise_and_a_step_between_them_is_found(nights: Nights) -> None:
    (change,) = found(nights([1000.0] * 5 + [1020.0] * 5))

    assert change.after.place == 5
    assert found(nights([1000.0] * 5 + [1009.0] * 5)) == (), "smaller than 1 %"


def test_a_step_inside_what_a_run_itself_can_tell_is_none(nights: Nights) -> None:
    records = nights([1000.0] * 8 + [1050.0] * 8)
    # The same medians, each of invocations that are 20 % apart.
    speeds = {1: 0.9, 2: 1.0, 3: 1.1}
    wide = [
        replace(
            record,
            blocks=tuple(
                structs.replace(block, seconds=block.seconds / speeds[record.trial.repeat])
                for block in record.blocks
            ),
        )
        for record in records
    ]

    assert len(found(records)) == 1
    assert found(wide) == ()


def test_less_memory_is_better_and_a_later_first_step_is_worse(nights: Nights) -> None:
    records = nights([1000.0] * 12)
    changed = [
        replace(
            record,
            memory=Memory(peak_anonymous_bytes=2**27 if late else 2**28),
            seconds=structs.replace(record.seconds, import_seconds=3.0 if late else 1.5),
        )
        for record in records
        for late in [record.run >= "night-006"]
    ]
    (history,) = collect_histories(changed)

    assert [one.metric for one in change_points(history)] == [FIRST_STEP, MEMORY]
    assert change_points(history, THROUGHPUT) == ()
    start, memory = change_points(history)
    assert (start.up, start.better, memory.up, memory.better) == (True, False, False, True)
    assert "later (worse). Time to first step is 1.67x" in describe_change(start)
    assert "less (better). Peak anonymous memory is 0.50x" in describe_change(memory)


def test_a_metric_that_no_run_has_or_that_is_zero_has_no_changes(nights: Nights) -> None:
    records = [
        replace(record, memory=Memory(peak_anonymous_bytes=0)) for record in nights([1000.0] * 12)
    ]
    (history,) = collect_histories(records)

    assert change_points(history) == ()


def test_the_sentence_names_runs_days_commits_versions_and_the_machine(nights: Nights) -> None:
    old = nights([1000.0] * 6, framework_version="2.12.0")
    new = [
        record
        for record in nights([1000.0] * 6 + [800.0] * 5, framework_version="2.13.0")
        if record.run >= "night-006"
    ]
    (change,) = found([*old, *new])

    assert describe_change(change) == (
        "PyTorch, eager, default: slower (worse). Throughput is 0.80x (0.80x\N{EN DASH}0.80x) of "
        "what it was (6 runs before, 5 after). It changed between night-005 (2026-03-06) and "
        "night-006 (2026-03-07): commit 000000000005 to 000000000006, PyTorch 2.12.0 to 2.13.0. "
        "The machine's own speed is 1.00x (1.00x\N{EN DASH}1.00x) of what it was."
    )
    updated = [replace(one, machine={**one.machine, "kernel": "99"}) for one in new]
    (change,) = found([*old, *updated])
    kernel = old[0].machine["kernel"]
    assert f", PyTorch 2.12.0 to 2.13.0, kernel {kernel} to 99. " in describe_change(change)
