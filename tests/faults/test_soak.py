"""The instrument of `tox -e soak`, and the soak's short form."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.faults.soak import KEPT_BYTES_A_TRIAL, Sample, growth, soak

# On a busy machine so many trials take longer.
SECONDS, EVERY, LEAST_TRIALS = 15, 1, 12


def samples(**slopes: float) -> list[Sample]:
    """Of an hour, one a minute, with so much more of each thing from trial to trial."""
    at_start = Sample(0, 0, 200 * 2**20, 12, 2, 4)
    return [
        replace(
            at_start,
            seconds=60 * minute,
            trials=100 * minute,
            **{
                name: int(getattr(at_start, name) + slope * 100 * minute)
                for name, slope in slopes.items()
            },
        )
        for minute in range(60)
    ]


def test_nothing_grows_where_nothing_grows() -> None:
    assert growth(samples()) == []
    assert growth(samples(memory=KEPT_BYTES_A_TRIAL)) == []


@pytest.mark.parametrize(
    ("name", "slope"),
    [("memory", 20 * 1024), ("files", 0.001), ("processes", 0.001), ("temporary", 0.001)],
)
def test_a_leak_of_each_thing_is_seen(name: str, slope: float) -> None:
    """Of the countable ones, one in a thousand trials."""
    (found,) = growth(samples(**{name: slope}))
    assert found.startswith(f"{name}: ")
    assert found.endswith("more after 3,000 trials")


def test_what_fills_a_cache_at_first_is_no_growth() -> None:
    found = samples()
    for place in range(10):
        found[place] = replace(found[place], memory=2**20, files=1)
    assert growth(found) == []


def test_what_a_trial_holds_for_a_moment_is_no_growth() -> None:
    found = samples()
    for place in (50, 55):
        found[place] = replace(found[place], files=20, processes=9, memory=2**30)
    assert growth(found) == []


def test_too_few_samples_are_no_proof() -> None:
    assert growth(samples()[:3]) == ["there are too few samples to tell"]


def test_a_host_does_not_grow_in_a_dozen_trials(tmp_path: Path, cache: Path) -> None:
    """Of anything that a trial leaves behind there would be as many more as there were trials."""
    found = [one for one in soak(tmp_path, SECONDS, EVERY, LEAST_TRIALS) if one.trials]
    trials = found[-1].trials - found[0].trials
    assert trials >= 5
    for name in ("files", "processes", "temporary"):
        numbers = [getattr(one, name) for one in found]
        assert max(numbers) - min(numbers) < trials, (name, numbers)
