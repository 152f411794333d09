"""How machines are described."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from bench.records.results import Record
from reports.ranking.machines import Machine, build_machine_table, find_machines

MakeRecord = Callable[..., Record]


def test_a_machine_in_one_sentence(record: MakeRecord) -> None:
    (machine,) = find_machines([record(), record("mxnet")])

    assert machine.sentence == (
        "Example CPU 9000 @ 2.60GHz, 4 physical cores, 8 logical processors, 6 of them usable, "
        "16.0 GiB memory, no GPU (no NVIDIA driver answers), Debian GNU/Linux 13"
    )


def test_gpus_are_named_with_their_memory() -> None:
    gpu = {"name": "Example H1", "memory_bytes": 80 * 2**30}
    machine = Machine(1, "key", {"cpu": "A", "gpus": [gpu, {}]})

    assert machine.sentence == "A, Example H1 (80.0 GiB) and unknown GPU"


@pytest.mark.parametrize("facts", [{}, {"gpus": None}, {"memory_bytes": None}, {"gpus": []}])
def test_absent_facts_are_no_error(facts: dict[str, Any]) -> None:
    assert Machine(1, "key", facts).sentence == "unknown CPU, no GPU"


def test_machines_are_numbered_in_order_of_appearance(record: MakeRecord) -> None:
    found = find_machines([record(), record(machine={"cpu": "Another"}), record()])

    assert [machine.number for machine in found] == [1, 2]


def test_an_update_makes_no_other_machine_and_is_told(record: MakeRecord) -> None:
    before, after = record(), record()
    states = (before.machine, {**before.machine, "kernel": "99", "gpu_driver": "1"})
    # In the order in which they were measured, whatever that of the records.
    after = replace(after, machine=states[1], started="2027-01-01T00:00:00+00:00")
    (machine,) = find_machines([after, before, replace(after, machine=dict(states[1]))])

    assert (machine.number, machine.states) == (1, states)
    assert machine.changes == f"kernel {before.machine['kernel']} to 99"
    table = build_machine_table([machine]).T.to_dict(orient="list")
    assert table["Kernel"] == [f"{before.machine['kernel']}, then 99"]
    assert table["CPU"] == [before.machine["cpu"]]


def test_the_table_shows_facts_that_this_version_does_not_know(record: MakeRecord) -> None:
    table = build_machine_table(find_machines([record(machine={"cpu": "A", "cache": 5}), record()]))

    rows = table.T.to_dict(orient="list")
    assert rows["CPU"] == ["A", "Example CPU 9000 @ 2.60GHz"]
    assert rows["cache"] == ["5", "\u2013"]
