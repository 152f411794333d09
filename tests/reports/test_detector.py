"""What measures detection, on series of which the answer is known."""

import random
from pathlib import Path

import pytest

from tests.reports.detector import changes, comparisons
from tests.reports.detector.pools import Pools, class_of, in_classes, stored_pools, values


def pool(spread: float, seed: int = 1) -> list[tuple[float, float]]:
    generator = random.Random(seed)
    return [
        (100 * generator.lognormvariate(0, spread), 100 * generator.lognormvariate(0, spread))
        for _ in range(20)
    ]


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(comparisons, "COMPARISONS", 15)


def test_a_slowdown_above_the_noise_is_found_and_nothing_else() -> None:
    pools: Pools = {"a": pool(0.005), "b": pool(0.005, 2)}
    found = comparisons.score(pools, comparisons.ours, 0.05, 10, ["a"])

    assert (found.comparisons, found.found, found.false_alarms) == (15, 15, 0)


def test_a_slowdown_below_the_noise_is_not_found() -> None:
    pools: Pools = {"a": pool(0.2)}

    assert comparisons.score(pools, comparisons.ours, 0.03, 10, ["a"]).found == 0


def test_a_fixed_ratio_cries_wolf_where_we_do_not() -> None:
    pools: Pools = {"a": pool(0.1), "b": pool(0.1, 2)}
    rules = comparisons.RULES
    alarms = {name: comparisons.score(pools, rules[name], 0.0, 5, ()) for name in ("ours", "7 %")}

    assert alarms["ours"].false_alarms == 0
    assert alarms["7 %"].suspicions == 15


def test_a_change_of_a_history_is_found_where_it_is() -> None:
    history = changes.simulated(pool(0.005), 0.1, 3, "seed")

    assert any(abs(place - history.place) <= 2 for place in changes.found_by_us(history))
    assert changes.found_by_us(changes.simulated(pool(0.005), 0.0, 3, "seed")) == []


def test_series_are_told_by_their_noise() -> None:
    pools: Pools = {"steady": pool(0.01), "wild": pool(0.2)}

    assert class_of(pools["steady"]).startswith("steady")
    assert in_classes(pools) == {
        "all": ["steady", "wild"],
        "steady (below 2 %)": ["steady"],
        "wild (above 5 %)": ["wild"],
    }


def test_the_stored_series_are_enough_for_what_is_asked_of_them() -> None:
    pools = stored_pools()

    assert len(pools) >= 12
    for pairs in pools.values():
        assert len(pairs) >= max(comparisons.INVOCATIONS)
        assert all(value > 0 for value in values(pairs))
        assert isinstance(pairs[0], tuple)


def test_stored_series_lie_in_the_project() -> None:
    assert list((Path(__file__).parents[1] / "data" / "unchanged").glob("*.json"))
