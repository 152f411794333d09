"""How often steps are found, and how often noise is taken for one, over many draws of the noise."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pytest

from reports.history.segments import Step, find_steps

Floats = npt.NDArray[np.float64]
DRAWS = 40


def places(logarithms: Floats) -> list[int]:
    return [step.place for step in find_steps(np.exp(logarithms).tolist(), lambda _: True)]


def draws(levels: Floats, noise: float) -> list[list[int]]:
    generator = np.random.default_rng(20)
    return [places(levels + generator.normal(0, noise, len(levels))) for _ in range(DRAWS)]


def stepped(runs: int, at: int, factor: float) -> Floats:
    return np.where(np.arange(runs) < at, 0.0, np.log(factor))


@pytest.mark.parametrize(
    ("factor", "noise"), [(1.03, 0.005), (1.05, 0.01), (0.95, 0.01), (1.2, 0.02), (0.8, 0.03)]
)
@pytest.mark.parametrize(("runs", "at"), [(30, 15), (30, 26), (30, 5), (20, 10)])
def test_a_step_is_found_near_its_place_nine_times_in_ten(
    factor: float, noise: float, runs: int, at: int
) -> None:
    found = draws(stepped(runs, at, factor), noise)
    near = [any(abs(place - at) <= 2 for place in one) for one in found]

    assert sum(near) >= 0.9 * DRAWS
    assert sum(len(one) > 1 for one in found) <= 0.1 * DRAWS


@pytest.mark.parametrize("noise", [0.002, 0.01, 0.05])
@pytest.mark.parametrize("runs", [6, 10, 30, 90])
def test_noise_is_hardly_ever_a_step(noise: float, runs: int) -> None:
    assert sum(map(bool, draws(np.zeros(runs), noise))) <= 0.05 * DRAWS


@pytest.mark.parametrize("total", [0.03, 0.1, 0.5])
@pytest.mark.parametrize("runs", [12, 30])
def test_a_drift_is_hardly_ever_a_step(total: float, runs: int) -> None:
    assert sum(map(bool, draws(np.linspace(0, total, runs), 0.005))) <= 0.1 * DRAWS


def test_steps_are_between_stretches_that_meet() -> None:
    levels = np.repeat([0.0, 0.5, 1.5], [4, 5, 6])

    assert find_steps(np.exp(levels).tolist(), lambda _: True) == (Step(0, 4, 9), Step(4, 9, 15))


@pytest.mark.parametrize("series", [[], [1.0], [1.0] * 5, [1.0, 1.0, 9.0, 9.0, 9.0]])
def test_too_few_runs_have_no_steps(series: Sequence[float]) -> None:
    assert find_steps(series, lambda _: True) == ()


def test_what_is_not_admitted_becomes_one_stretch() -> None:
    levels = np.repeat([0.0, 0.05, 1.5], [4, 5, 6])
    found = find_steps(np.exp(levels).tolist(), lambda step: step.place != 4)

    assert found == (Step(0, 9, 15),)
