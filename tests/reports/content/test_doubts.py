"""What speaks against a comparison's numbers."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from bench.records.parts import Load, TimedBlock
from bench.records.results import Record
from reports.content.doubts import Doubt, find_doubts, summarize_doubts
from reports.ranking.comparisons import compare

MakeRecord = Callable[..., Record]


def found(*records: Record) -> tuple[Doubt, ...]:
    (comparison,) = compare(records)
    return find_doubts(comparison)


def test_a_quiet_run_has_no_doubts(three: list[Record]) -> None:
    assert found(*three) == ()
    assert summarize_doubts(()) == ""


def test_other_load_makes_numbers_doubtful(record: MakeRecord) -> None:
    quiet = record("pytorch", load={"other_share": 0.01})
    noisy = record("mxnet", load={"other_share": 0.37})
    (doubt,) = found(quiet, noisy)

    assert "up to 37% of the processors' time" in doubt.sentence
    assert "MXNet" in doubt.sentence
    assert "PyTorch" not in doubt.sentence
    assert summarize_doubts([doubt]) == "Doubtful: other programs."


def test_all_rows_are_not_listed(three: list[Record]) -> None:
    (doubt,) = found(*(replace(record, load=Load(other_share=0.5)) for record in three))

    assert "(all rows)" in doubt.sentence


@pytest.mark.parametrize(
    ("load", "topic", "words"),
    [
        ({"steal_share": 0.03}, "other guests", "up to 3.00% of the processors' time"),
        ({"throttle_events": 4}, "heat", "slowed the processors down up to 4 times per trial"),
        ({"device_other_processes": 2}, "others on the GPU", "Up to 2 processes of others"),
        ({"gpu_thermal_seconds": 0.5}, "heat", "Heat limited the GPU's clocks for up to 0.500 s"),
    ],
)
def test_load_of_other_kinds(
    load: dict[str, float], topic: str, words: str, record: MakeRecord
) -> None:
    (doubt,) = found(record(load=load), record("mxnet"))

    assert doubt.topic == topic
    assert words in doubt.sentence
    assert "PyTorch" in doubt.sentence
    assert "MXNet" not in doubt.sentence
    assert found(record(load=dict.fromkeys(load, 0))) == ()


def test_invocations_without_a_steady_state(record: MakeRecord) -> None:
    steady = [record(repeat=place) for place in (1, 2)]
    unsteady = [record(repeat=place, steady="no steady state") for place in (3, 4)]
    # One of three: noise alone makes some invocations look so.
    assert not found(*steady, unsteady[0])
    (doubt,) = found(*steady, *unsteady)

    assert "PyTorch 2.13.0, eager, default: 2 of 4" in doubt.sentence


@pytest.mark.parametrize(("device_seconds", "doubted"), [(0.99, False), (0.95, True), (1.1, True)])
def test_two_clocks_that_disagree(device_seconds: float, doubted: bool, record: MakeRecord) -> None:
    blocks = (TimedBlock(10, 640, 1.0, False, device_seconds),) * 3
    topics = [doubt.topic for doubt in found(record(blocks=blocks), record("mxnet"))]

    assert topics == (["two clocks"] if doubted else [])


def test_one_block_of_two_clocks_is_an_accident(record: MakeRecord) -> None:
    blocks = tuple(TimedBlock(10, 640, 1.0, False, seconds) for seconds in (1.0, 1.5, 1.0))

    assert found(record(blocks=blocks)) == ()


def test_notes_on_the_machine_are_named_once(record: MakeRecord) -> None:
    fitness: Any = (
        {"topic": "noise", "verdict": "note", "detail": "loud"},
        {"topic": "swap", "verdict": "note", "detail": "in use"},
    )
    (doubt,) = found(record(fitness=fitness), record("mxnet", fitness=fitness))

    assert "this was noted: noise and swap." in doubt.sentence


def test_several_doubts_in_one_line(record: MakeRecord) -> None:
    doubted = record(steady="no steady state", load={"other_share": 0.5})

    assert summarize_doubts(found(doubted)) == "Doubtful: other programs and no steady state."


def test_failed_trials_raise_no_doubt(record: MakeRecord, failure: MakeRecord) -> None:
    assert found(record(), failure(load={"other_share": 0.9})) == ()


def gauged(hashes: float, copied: float) -> dict[str, float]:
    """A trial's load with equal speeds of the machine before and after."""
    return {
        f"{name}_{when}": value
        for when in ("before", "after")
        for name, value in (("hashes_per_second", hashes), ("copied_bytes_per_second", copied))
    }


def test_a_machine_that_was_faster_in_another_run(record: MakeRecord) -> None:
    def both(hashes: float) -> tuple[Record, ...]:
        runs = {"night": 100.0, "day": hashes}
        return tuple(
            record(name, run=run, load=gauged(speed, 1000.0))
            for run, speed in runs.items()
            for name in ("pytorch", "mxnet")
        )

    (doubt,) = found(*both(112.0))

    assert "12.0% faster during run day than during run night" in doubt.sentence
    assert found(*both(104.0)) == ()


def test_within_a_run_single_looks_at_the_speed_are_no_doubt(record: MakeRecord) -> None:
    slow, fast = (record(name, load=gauged(speed, 1.0)) for name, speed in (("a", 70), ("b", 100)))
    assert found(slow, fast) == ()


def test_an_update_between_trials_is_told(record: MakeRecord) -> None:
    later = replace(
        record("mxnet"),
        started="2027-01-01T00:00:00+00:00",
        machine=record().machine | {"kernel": "99"},
    )
    (comparison,) = compare([record(), later])
    sentences = {doubt.topic: doubt.sentence for doubt in find_doubts(comparison)}

    assert f"(kernel {record().machine['kernel']} to 99)" in sentences["machine changed"]
    (comparison,) = compare([record(), record("mxnet")])
    assert "machine changed" not in {doubt.topic for doubt in find_doubts(comparison)}
