"""What measures detection, on series of which the answer is known."""

import json
import random
from dataclasses import replace
from pathlib import Path

import pytest

from bench.records.parts import TimedBlock
from bench.records.results import Record
from tests.reports.conftest import make_record, write_run
from tests.reports.detector import changes, comparisons
from tests.reports.detector.pools import (
    Pair,
    Pools,
    class_of,
    in_classes,
    read_run,
    stored,
    values,
    write,
)


def pool(spread: float, seed: int = 1) -> list[Pair]:
    """Invocations that differ by so much."""
    generator = random.Random(seed)
    return [
        Pair(*((100 * generator.lognormvariate(0, spread),) for _ in range(2))) for _ in range(20)
    ]


def drifting_pool(spread: float, seed: int = 1) -> list[Pair]:
    """Pairs on a machine that drifts by a factor of two; their own blocks differ by so much."""
    generator = random.Random(seed)
    pairs = []
    for _ in range(20):
        level = 100 * generator.uniform(1, 2)
        noise = [[generator.lognormvariate(0, spread) for _ in range(10)] for _ in range(2)]
        pairs.append(Pair(*(tuple(level * one for one in side) for side in noise)))
    return pairs


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(comparisons, "COMPARISONS", 15)


def test_a_slowdown_above_the_noise_is_found_and_nothing_else() -> None:
    pools: Pools = {"a": pool(0.005), "b": pool(0.005, 2)}
    found = comparisons.score(pools, comparisons.apart, comparisons.ours, 0.05, 10, ["a"])

    assert (found.comparisons, found.found, found.false_alarms) == (15, 15, 0)


def test_a_slowdown_below_the_noise_is_not_found() -> None:
    pools: Pools = {"a": pool(0.2)}

    assert comparisons.score(pools, comparisons.apart, comparisons.ours, 0.03, 10, ["a"]).found == 0


def test_a_fixed_ratio_cries_wolf_where_we_do_not() -> None:
    pools: Pools = {"a": pool(0.1), "b": pool(0.1, 2)}
    rules = comparisons.RULES
    alarms = {
        name: comparisons.score(pools, comparisons.apart, rules[name], 0.0, 5, ())
        for name in ("ours", "7 %")
    }

    assert alarms["ours"].false_alarms == 0
    assert alarms["7 %"].suspicions == 15


def test_a_change_of_a_history_is_found_where_it_is() -> None:
    history = changes.simulated(pool(0.005), 0.1, 3, "seed", in_turns=False)

    assert any(abs(place - history.place) <= 2 for place in changes.found_by_us(history))
    nothing = changes.simulated(pool(0.005), 0.0, 3, "seed", in_turns=False)
    assert changes.found_by_us(nothing) == []


def test_a_reference_in_turns_shows_what_the_drift_of_the_machine_hides() -> None:
    for in_turns in (True, False):
        history = changes.simulated(drifting_pool(0.02), 0.05, 5, "seed", in_turns)
        found = changes.found_by_us(history)
        assert any(abs(place - history.place) <= 2 for place in found) == in_turns


def test_series_are_told_by_their_noise() -> None:
    pools: Pools = {"steady": pool(0.01), "wild": pool(0.2)}

    assert class_of(pools["steady"]).startswith("steady")
    assert in_classes(pools) == {
        "all": ["steady", "wild"],
        "steady (below 2 %)": ["steady"],
        "wild (above 5 %)": ["wild"],
    }


def test_turns_find_what_the_drift_of_the_machine_hides() -> None:
    pools: Pools = {"a": drifting_pool(0.02), "b": drifting_pool(0.02, 2)}
    found = {
        draw: comparisons.score(pools, draw, comparisons.ours, 0.05, 10, ["a"])
        for draw in (comparisons.in_turns, comparisons.apart)
    }

    assert found[comparisons.in_turns].found == 15
    assert found[comparisons.in_turns].false_alarms == 0
    assert found[comparisons.apart].found < 5


def blocks(*rates: float) -> tuple[TimedBlock, ...]:
    return tuple(
        TimedBlock(steps=1, samples=100, seconds=100 / rate, warmup=place == 0)
        for place, rate in enumerate(rates)
    )


def test_a_run_of_a_revision_against_itself_has_pairs(tmp_path: Path) -> None:
    records: list[Record] = []
    for repeat in (1, 2):
        head, base = make_record(repeat=repeat), make_record(repeat=repeat, revision="abc")
        records += [
            replace(head, in_turns_with=base.trial.id, blocks=blocks(1, 90, 95)),
            replace(base, in_turns_with=head.trial.id, blocks=blocks(1, 100, 105, 110)),
        ]
    found = read_run(write_run(tmp_path / "run", records))

    assert found.in_turns == {records[0].trial.series: [Pair((100, 105), (90, 95))] * 2}
    assert found.apart == {}
    write(found.in_turns, {"what": "a test"}, tmp_path / "stored.json")
    document = json.loads((tmp_path / "stored.json").read_text())
    assert document["in turns"]
    assert document["series"][records[0].trial.series] == [[[100, 105], [90, 95]]] * 2


def test_a_run_of_one_revision_has_invocations(tmp_path: Path) -> None:
    records = [
        replace(make_record(repeat=repeat), blocks=blocks(1, rate))
        for repeat, rate in enumerate((50, 60, 70, 80, 90), start=1)
    ]
    found = read_run(write_run(tmp_path / "run", records))

    assert found.in_turns == {}
    assert found.apart == {records[0].trial.series: [Pair((50,), (60,)), Pair((70,), (80,))]}


def test_the_stored_series_are_enough_for_what_is_asked_of_them() -> None:
    unchanged = stored()

    for pools in (unchanged.in_turns, unchanged.apart):
        assert len(pools) >= 12
        for pairs in pools.values():
            assert len(pairs) >= 10
            assert all(value > 0 for value in values(pairs))
    assert all(len(pair.base) > 1 for pairs in unchanged.in_turns.values() for pair in pairs)
