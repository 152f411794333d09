"""Which differences of the counters belong to which blocks, and their sums."""

import math

import pytest

from bench.host.machine.accounts import UnreadableError
from bench.host.monitor.energy import EnergyMeter, ResourceUse
from bench.records.parts import BlockEnergy, TimedBlock

WATTS = {"gpu_joules": 300.0, "cpu_package_joules": 50.0}


class Machine:
    """Time and counters that go on together, at a constant power."""

    def __init__(self) -> None:
        self.now = 0.0
        self.broken: set[str] = set()

    def meter(self) -> EnergyMeter:
        counters = {name: lambda name=name: self.read(name) for name in WATTS}
        return EnergyMeter(counters, lambda: self.now)

    def read(self, name: str) -> float:
        if name in self.broken:
            raise UnreadableError(f"{name} is broken.")
        return 1e6 + WATTS[name] * self.now


def send(machine: Machine, meter: EnergyMeter, *events: tuple[float, str]) -> None:
    for seconds, name in events:
        machine.now += seconds
        meter.handle_event(name)


def test_only_what_follows_a_block_or_an_epoch_is_known() -> None:
    machine = Machine()
    meter = machine.meter()
    send(machine, meter, (3, "imported"), (2, "inputs"), (4, "built"), (9, "first_step"))
    send(machine, meter, (0, "block"), (1, "block"), (2, "block"), (5, "epoch"), (3, "block"))
    send(machine, meter, (1, "finished"), (4, "block"))
    assert [one and one.seconds for one in meter.blocks] == [None, 1.0, 2.0, 3.0, None]
    for one in meter.blocks:
        if one is not None:
            for name, watts in WATTS.items():
                assert one.joules[name] == pytest.approx(watts * one.seconds)


def test_waiting_for_a_turn_belongs_to_no_block() -> None:
    machine = Machine()
    meter = machine.meter()
    send(machine, meter, (1, "block"), (7, "turn"), (2, "block"), (9, "turn"), (4, "epoch"))
    send(machine, meter, (8, "turn"), (3, "block"))
    assert [one and one.seconds for one in meter.blocks] == [None, 2.0, 3.0]


def test_a_counter_that_cannot_be_read_leaves_the_other() -> None:
    machine = Machine()
    machine.broken = {"gpu_joules"}
    meter = machine.meter()
    send(machine, meter, (1, "block"), (1, "block"))
    assert meter.absent == {"gpu_joules": "gpu_joules is broken."}
    assert meter.blocks == [None, BlockEnergy(1.0, {"cpu_package_joules": 50.0})]


def test_a_counter_that_fails_once_costs_the_blocks_beside_it() -> None:
    machine = Machine()
    meter = machine.meter()
    send(machine, meter, (1, "block"), (1, "block"))
    machine.broken = {"gpu_joules"}
    send(machine, meter, (1, "block"))
    machine.broken = set()
    send(machine, meter, (1, "block"), (1, "block"))
    assert [one is not None for one in meter.blocks] == [False, True, False, False, True]


def test_without_counters_every_block_is_unknown() -> None:
    machine = Machine()
    machine.broken = set(WATTS)
    meter = machine.meter()
    send(machine, meter, (1, "block"), (1, "block"))
    assert meter.blocks == [None, None]
    assert meter.absent.keys() == WATTS.keys()


BLOCKS = [TimedBlock(steps, steps * 32, 0.2, False) for steps in (1, 10, 20, 30)]
ENERGY = [
    None,
    BlockEnergy(0.3, {"gpu_joules": 0.1}),
    BlockEnergy(0.4, {"gpu_joules": 0.2}),
    BlockEnergy(0.5, {"gpu_joules": 0.3}),
]


USE = ResourceUse({}, tuple(ENERGY), {}, {})


def test_sums_are_over_the_measured_blocks_that_are_known() -> None:
    assert USE.add_energy(BLOCKS, {1, 3}).energy == {
        "gpu_joules": math.fsum((0.1, 0.3)),
        "samples": 40 * 32.0,
        "seconds": 0.8,
    }
    assert USE.add_energy(BLOCKS, [0, 2]).energy["samples"] == 20 * 32
    assert USE.add_energy(BLOCKS, [0]).energy == USE.add_energy(BLOCKS, ()).energy == {}


def test_a_trial_with_a_malformed_block_has_no_sum() -> None:
    assert USE.add_energy(BLOCKS[:3], {1}).energy == {}


def test_what_has_no_sum_has_a_reason() -> None:
    assert USE.add_energy(BLOCKS, ()).absent.keys() == {"gpu_joules", "cpu_package_joules"}
    assert USE.add_energy(BLOCKS, {1}).absent.keys() == {"cpu_package_joules"}
