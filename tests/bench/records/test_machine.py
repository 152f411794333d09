"""What tells machines apart, and what changes on one."""

from typing import Any

import pytest

from bench.records.machine import describe_machine_changes, make_machine_key

GPU = {"name": "Example H1", "memory_bytes": 80 * 2**30}
FACTS: dict[str, Any] = {
    "cpu": "Example CPU 9000",
    "physical_cores": 4,
    "logical_processors": 8,
    "usable_processors": 6,
    "memory_bytes": 16 * 2**30 - 300_000_000,
    "operating_system": "Debian GNU/Linux 12",
    "kernel": "6.1.0-1",
    "architecture": "x86_64",
    "gpus": [GPU],
    "gpu_driver": "580.1",
    "gpu_reason": None,
}


def test_the_key_does_not_depend_on_the_order_of_facts() -> None:
    assert make_machine_key({"cpu": "a", "kernel": "b"}) == make_machine_key(
        {"kernel": "b", "cpu": "a"}
    )
    assert make_machine_key({"cpu": "a"}) != make_machine_key({"cpu": "b"})


@pytest.mark.parametrize(
    "update",
    [
        {"kernel": "6.12.0-7"},
        {"operating_system": "Debian GNU/Linux 13"},
        {"gpu_driver": "590.2"},
        {"memory_bytes": 16 * 2**30 - 304_096_000},
        {"gpus": [GPU | {"memory_bytes": 80 * 2**30 - 50_000_000}]},
        {"gpu_reason": "No NVIDIA driver answers."},
        {"what_a_later_version_adds": 3},
    ],
)
def test_an_update_makes_no_other_machine(update: dict[str, Any]) -> None:
    assert make_machine_key(FACTS | update) == make_machine_key(FACTS)


@pytest.mark.parametrize(
    "other",
    [
        {"cpu": "Example CPU 9001"},
        {"physical_cores": 2},
        {"logical_processors": 4},
        {"usable_processors": 8},
        {"architecture": "aarch64"},
        {"memory_bytes": 32 * 2**30},
        {"gpus": []},
        {"gpus": [GPU, GPU]},
        {"gpus": [GPU | {"name": "Example H2"}]},
        {"gpus": [GPU | {"memory_bytes": 96 * 2**30}]},
    ],
)
def test_what_decides_speed_makes_another_machine(other: dict[str, Any]) -> None:
    assert make_machine_key(FACTS | other) != make_machine_key(FACTS)


@pytest.mark.parametrize("value", [None, "1", [], {}, True, float("nan"), float("inf"), 10**400])
def test_no_forged_fact_is_an_error(value: Any) -> None:
    for name in FACTS:
        assert len(make_machine_key(FACTS | {name: value})) == 12
    assert len(make_machine_key({"gpus": [value, {"memory_bytes": value}]})) == 12
    describe_machine_changes([dict.fromkeys(FACTS, value), FACTS])


def test_what_changed_is_said_in_order() -> None:
    states = [FACTS, FACTS | {"kernel": "6.1.0-2"}, FACTS | {"kernel": "6.1.0-3"}]
    assert describe_machine_changes(states) == "kernel 6.1.0-1 to 6.1.0-2 to 6.1.0-3"
    new = FACTS | {"operating_system": "Debian GNU/Linux 13", "gpu_driver": "590.2"}
    assert describe_machine_changes([FACTS, new]) == (
        "operating system Debian GNU/Linux 12 to Debian GNU/Linux 13, GPU driver 580.1 to 590.2"
    )


def test_nothing_is_said_of_what_nobody_knows() -> None:
    assert describe_machine_changes([]) == ""
    assert describe_machine_changes([FACTS, FACTS, {}]) == ""
    assert describe_machine_changes([FACTS | {"kernel": None}, FACTS]) == ""
