"""Other versions of a framework, beside its own."""

from dataclasses import replace
from pathlib import Path

import pytest

from bench.errors import PlanError
from bench.host.frameworks.editions import choose_frameworks
from bench.host.frameworks.framework import Framework, discover
from bench.host.frameworks.requirements import Requirements
from bench.host.planning.plan import expand, read_plan

FRAMEWORKS = discover()
OLD, OWN = "tensorflow@2.20.0", "tensorflow"


def packages(framework: Framework) -> list[str]:
    return list(framework.devices["cpu"].packages)


def test_without_names_every_framework_is_chosen_as_it_is() -> None:
    assert choose_frameworks(FRAMEWORKS, []) == FRAMEWORKS


def test_an_unknown_framework_names_those_there_are() -> None:
    for name in ("caffe", "caffe@1.0"):
        with pytest.raises(PlanError, match=r"'caffe'.*mxnet, pytorch, tensorflow"):
            choose_frameworks(FRAMEWORKS, [name])


@pytest.mark.parametrize("version", ["", "x.y", "2.20.0 ; rm", "==2.20"])
def test_what_is_no_version(version: str) -> None:
    with pytest.raises(PlanError, match=r"is no version; expected NAME@VERSION, such as tensorf"):
        choose_frameworks(FRAMEWORKS, [f"tensorflow@{version}"])


def test_the_main_pin_is_replaced_and_no_other_one() -> None:
    chosen = choose_frameworks(FRAMEWORKS, [OLD, OWN])

    assert list(chosen) == [OLD, OWN]
    assert packages(chosen[OWN]) == packages(FRAMEWORKS[OWN])
    replaced = zip(packages(chosen[OWN]), packages(chosen[OLD]), strict=True)
    changed = [(one, other) for one, other in replaced if "2.20.0" in other]
    assert [one.partition("==")[0] for one, _ in changed] == ["tensorflow-cpu", "tensorflow"]
    assert "keras==3.15.1" in packages(chosen[OLD])
    assert 'sys_platform == "linux"' in changed[0][1]
    # The own constraints pin what another version may need in another version.
    assert chosen[OLD].devices["cpu"].constraints == ""
    assert chosen[OLD].title == "TensorFlow 2.20.0"
    # Where its companions do not fit this version, others will do.
    fallback = chosen[OLD].devices["cpu"].fallback_packages
    assert [one.partition(";")[0].strip() for one in fallback] == [
        "tensorflow-cpu==2.20.0",
        "tensorflow==2.20.0",
        *(one.partition("==")[0] for one in packages(FRAMEWORKS[OWN])[2:]),
    ]
    assert chosen[OWN].devices["cpu"].fallback_packages == ()


@pytest.mark.parametrize("name", ["pytorch", "mxnet", "tensorflow"])
def test_every_framework_can_be_had_in_other_versions(name: str) -> None:
    chosen = choose_frameworks(FRAMEWORKS, [f"{name}@1.2.3"])[f"{name}@1.2.3"]

    for requirements in chosen.devices.values():
        assert any("==1.2.3" in one for one in requirements.packages)


def test_what_another_version_holds_for_gpus_is_not_known() -> None:
    assert FRAMEWORKS["mxnet"].devices["cuda"].kernels is not None
    chosen = choose_frameworks(FRAMEWORKS, ["mxnet@1.8.0"])["mxnet@1.8.0"]
    assert chosen.devices["cuda"].kernels is None


def test_a_framework_that_pins_nothing_says_so() -> None:
    loose = Requirements(("tensorflow", "numpy==2.0"), "", None, {})
    framework = replace(FRAMEWORKS[OWN], devices={"cpu": loose})

    with pytest.raises(PlanError, match=r"none of TensorFlow's requirements \(tensorflow, numpy"):
        choose_frameworks({OWN: framework}, [OLD])


def test_versions_run_side_by_side(tmp_path: Path) -> None:
    """In every round, both versions of a trial, next to each other."""
    chosen = choose_frameworks(FRAMEWORKS, [OLD, "tensorflow@2.21.0"])
    trials = expand(read_plan("quick", FRAMEWORKS), chosen, "cpu")

    assert {trial.edition for trial in trials} == set(chosen)
    for one, other in zip(trials[::2], trials[1::2], strict=True):
        assert (one.series, one.repeat) == (other.series, other.repeat)
        assert one.pin != other.pin
        assert one.id != other.id
    first = [trial.pin for trial in trials[::2]]
    assert len(set(first)) == 2, "neither version always comes first"
    assert len({trial.id for trial in trials}) == len(trials)
