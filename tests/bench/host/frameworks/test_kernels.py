"""NVIDIA's own examples of what runs where, and what a framework.toml may say."""

import pytest

from bench.host.frameworks.framework import discover
from bench.host.frameworks.requirements import Kernels, parse_architecture

TURING, AMPERE, ADA, HOPPER = (7, 5), (8, 0), (8, 9), (9, 0)
BLACKWELL, DESKTOP_BLACKWELL = (10, 0), (12, 0)


@pytest.mark.parametrize(
    ("machine_code", "ptx", "runs_on", "not_on"),
    [
        # "Binary compatibility": X.y runs on X.z with z at least y, and on no other X.
        (["8.0"], [], [AMPERE, (8, 6), ADA], [TURING, HOPPER, BLACKWELL]),
        (["8.6"], [], [(8, 6), (8, 7), ADA], [AMPERE, HOPPER]),
        (["5.0", "7.0"], [], [(5, 2), (7, 0), TURING], [(6, 1), AMPERE]),
        # "PTX compatibility": always compiled for something equal or newer, whatever the major.
        ([], ["7.0"], [(7, 0), TURING, AMPERE, HOPPER, DESKTOP_BLACKWELL], [(6, 1), (5, 0)]),
        ([], ["8.6"], [(8, 6), HOPPER], [AMPERE]),
        (["5.0"], ["8.0"], [(5, 2), AMPERE, HOPPER], [TURING]),
        # Architecture-specific: sm_90a and compute_90a on 9.0 alone.
        (["9.0a"], [], [HOPPER], [(9, 1), BLACKWELL]),
        ([], ["9.0a"], [HOPPER], [BLACKWELL, ADA]),
        (["12.0"], [], [DESKTOP_BLACKWELL, (12, 1)], [BLACKWELL]),
        ([], [], [], [AMPERE, HOPPER]),
    ],
)
def test_nvidias_rules(
    machine_code: list[str],
    ptx: list[str],
    runs_on: list[tuple[int, int]],
    not_on: list[tuple[int, int]],
) -> None:
    kernels = Kernels(tuple(machine_code), tuple(ptx))
    assert [one for one in runs_on if not kernels.run_on(one)] == []
    assert [one for one in not_on if kernels.run_on(one)] == []


def test_mxnets_wheel_runs_up_to_ada_and_not_on_hopper() -> None:
    kernels = discover()["mxnet"].devices["cuda"].kernels
    assert kernels is not None
    assert [one for one in ((5, 0), (6, 1), (7, 0), TURING, ADA) if not kernels.run_on(one)] == []
    assert [one for one in (HOPPER, BLACKWELL, DESKTOP_BLACKWELL) if kernels.run_on(one)] == []


def test_what_a_wheel_holds_in_words() -> None:
    assert str(Kernels(("8.0", "9.0a"), ())) == "machine code for 8.0, 9.0a and no PTX"
    assert str(Kernels((), ("8.0",))) == "no machine code and PTX for 8.0"


@pytest.mark.parametrize("text", ["", "8", "sm_80", "8.0b", "8.10", " 8.0", "8.0 ", "-8.0"])
def test_what_is_no_compute_capability(text: str) -> None:
    with pytest.raises(ValueError, match="no compute capability"):
        parse_architecture(text)
