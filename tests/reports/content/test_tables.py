"""The tables, recomputed from the records in another way."""

import json
import statistics
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from bench.records.parts import Epoch, TimedBlock
from bench.records.results import Record
from reports.content.export import collect_numbers
from reports.content.tables import (
    ENERGY,
    MACHINE,
    MEMORY,
    PROOF,
    SPEED,
    TIMES,
    Layout,
    Sheet,
    list_failures,
    make_sheet,
)
from reports.page.environments import build_variable_table, build_version_table, collect_packages
from reports.ranking.comparisons import compare
from reports.text.units import ABSENT

MakeRecord = Callable[..., Record]
MakeInvocations = Callable[..., list[Record]]
MakeBlocks = Callable[[float, Sequence[float]], tuple[TimedBlock, ...]]
MakeEpochs = Callable[[Sequence[float]], tuple[Epoch, ...]]

ALL = (SPEED, MACHINE, PROOF, TIMES, MEMORY, ENERGY)
MISSING = f"{ABSENT}\u00a0a"


def numbers(records: Sequence[Record]) -> list[dict[str, Any]]:
    (comparison,) = compare(records)
    return collect_numbers(comparison)


def sheet(records: Sequence[Record], layout: Layout) -> Sheet:
    (comparison,) = compare(records)
    return make_sheet(comparison, layout)


PROOF_HEADING = "Proof\N{NO-BREAK SPACE}(largest error)"


def column(records: Sequence[Record], layout: Layout, heading: str) -> list[str]:
    return [str(value) for value in sheet(records, layout).text[heading]]


def test_throughput_by_hand(three: list[Record]) -> None:
    rows = numbers(three)

    for row, record in zip(rows, three, strict=True):
        speeds = [block.samples / block.seconds for block in record.blocks if not block.warmup]
        assert row["throughput_samples_per_second"] == pytest.approx(statistics.median(speeds))
    assert [row["ratio_to_fastest"] for row in rows] == pytest.approx([1.0, 0.45, 0.41])
    assert [row["measured_blocks"] for row in rows] == [5, 5, 5]


def test_a_row_is_the_median_of_its_invocations_however_many_blocks_they_have(
    record: MakeRecord, blocks: MakeBlocks
) -> None:
    """Medians 2,000, 4,500 and 9,000: with pooled blocks, the third would have the say."""
    found = [blocks(1_000, factors) for factors in ((1, 2, 3), (4, 5), (9,) * 50)]
    (row,) = numbers([record(blocks=one, repeat=place) for place, one in enumerate(found, 1)])

    assert row["throughput_samples_per_second"] == pytest.approx(4_500)
    assert row["intervals"]["throughput_samples_per_second"] == {
        "low": pytest.approx(2_000),
        "high": pytest.approx(9_000),
        "invocations": 3,
        "covers": pytest.approx(0.75),
    }
    assert row["noise_floor"] == pytest.approx(3_500 / 4_500)
    assert row["spread_between"] == pytest.approx(7_000 / 4_500)
    assert row["spread_between_is_range"] is True


def test_speeds_with_their_intervals_as_text(invocations: MakeInvocations) -> None:
    records = invocations("pytorch", [990, 1_000, 1_020]) + invocations("mxnet", [400, 500, 505])
    text = sheet(records, SPEED).text

    assert text["Samples/s"].tolist() == ["1,000 (990\u20131,020)", "500 (400\u2013505)"]
    # 400 by 1,020 and 505 by 990.
    assert text["Ratio to fastest"].tolist() == ["1.00x", "0.50x (0.39x\u20130.51x)"]
    assert text["Spread within\u00a0(%)"].tolist() == ["2.00 (2.00\u20132.00)"] * 2
    assert text["Spread between\u00a0(%)"].tolist() == ["3.00 (range)", "21.0 (range)"]
    assert text["Noise floor\u00a0(%)"].tolist() == ["1.50", "10.5"]
    assert text["Trials"].tolist() == ["3 ok", "3 ok"]


def test_four_invocations_have_quartiles(invocations: MakeInvocations) -> None:
    records = invocations("pytorch", [100, 101, 102, 103])

    # Quartiles 100.75 and 102.25 about 101.5.
    assert column(records, SPEED, "Spread between\u00a0(%)") == ["1.48"]


def test_one_invocation_is_a_number_alone(record: MakeRecord) -> None:
    found = sheet([record()], SPEED)

    assert found.text["Samples/s"].tolist() == ["12,000"]
    assert "Noise floor\u00a0(%)" not in found.text
    assert (
        "Spread between, Noise floor: absent in all rows (a single invocation has no spread "
        "between invocations and no interval)."
    ) in found.absent


def test_accuracy_has_the_same_kind_of_interval(record: MakeRecord, epochs: MakeEpochs) -> None:
    ends = (0.97, 0.91, 0.95)
    records = [record(seed=seed, epochs=epochs((0.5, end))) for seed, end in enumerate(ends)]

    assert column(records, PROOF, "Test accuracy\u00a0(%)") == ["95.00 (91.00\u201397.00)"]


def test_times_and_memory_are_scaled_for_people(record: MakeRecord) -> None:
    times, memory = (sheet([record()], layout).text.iloc[0] for layout in (TIMES, MEMORY))

    assert times["Time to first step\u00a0(s)"] == "2.25"
    assert times["Import\u00a0(s)"] == "1.50"
    training = sum(block.seconds for block in record().blocks)
    assert float(times["Training\u00a0(s)"]) == pytest.approx(training, abs=0.005)
    assert memory["Peak resident\u00a0(MiB)"] == "300"
    assert memory["Peak anonymous\u00a0(MiB)"] == "150"
    assert memory["Resident after import\u00a0(MiB)"] == "200"


def test_the_share_of_the_machine_and_its_state(record: MakeRecord) -> None:
    """12,000 samples/s of 64 a step are 187.5 steps of 6.4e7 operations: 1.2e10 of 1e11."""
    states = ("steady", "no steady state", "steady", "too few blocks")
    records = [record(repeat=place, steady=state) for place, state in enumerate(states)]
    row = sheet(records, MACHINE).text.iloc[0]

    assert row["Steady state (invocations)"] == (
        "2 from the start, 1 none, 1 with too few blocks to tell"
    )
    assert row["Share of arithmetic\u00a0(%)"] == "12.0 (12.0\u201312.0)"
    assert row["Share of bandwidth\u00a0(%)"] == "7.50 (7.50\u20137.50)"
    assert row["Bound by"] == "neither"


def test_a_share_without_ceilings_says_why(record: MakeRecord) -> None:
    found = sheet([record(ceilings={}), record("mxnet")], MACHINE)

    assert found.text["Share of arithmetic\u00a0(%)"].tolist() == [MISSING, "4.92"]
    assert found.text["Bound by"].tolist() == [MISSING, "neither"]
    assert found.notes == {"a": "the machine's ceilings were not measured in this run"}


def test_absent_quantities_have_the_reasons_of_their_records(record: MakeRecord) -> None:
    memory = {"peak_resident_bytes": 2**20, "allocator_peak_bytes": 5 * 2**20}
    found = sheet([record(memory=memory), record("mxnet")], ENERGY)

    assert found.text.columns.tolist() == ["GPU allocator peak\u00a0(MiB)"]
    assert found.text.iloc[:, 0].tolist() == ["5", MISSING]
    assert found.notes == {"a": "It does not tell"}
    assert found.absent == (
        "GPU allocator reserved, GPU increase, all processes: absent in all rows (not recorded).",
        "GPU by the driver, GPU energy: absent in all rows (The trial ran on the CPU).",
        "CPU energy: absent in all rows (There is no counter).",
    )


def test_energy_is_in_joules_per_sample(record: MakeRecord) -> None:
    energy = {"gpu_joules": 2.56, "cpu_package_joules": 5.0, "samples": 500.0, "seconds": 1.0}
    row = sheet([record(energy=energy)], ENERGY).text.iloc[0]

    assert row["GPU energy\u00a0(J/sample)"] == "0.00512"
    assert row["CPU energy\u00a0(J/sample)"] == "0.0100"


def test_a_number_of_some_invocations_says_of_how_many(record: MakeRecord) -> None:
    records = [record(), record(repeat=2, memory={})]
    found = sheet(records, MEMORY)

    assert found.text["Peak resident\u00a0(MiB)"].tolist() == ["300\u00a0a"]
    assert found.notes == {"a": "1 of 2 invocations left out: not recorded"}


def test_letters_are_read_from_left_to_right_and_top_to_bottom(
    record: MakeRecord, failure: MakeRecord
) -> None:
    memory = {"peak_resident_bytes": 2**20}
    absent = {"peak_anonymous_bytes": "No /proc."}
    records = [record(), record("mxnet", memory=memory, absent=absent), failure("jax")]
    found = sheet(records, MEMORY)

    assert found.text["Peak anonymous\u00a0(MiB)"].tolist() == [
        "150",
        "\u2013\u00a0a",
        "\u2013\u00a0c",
    ]
    assert found.text["Peak resident\u00a0(MiB)"].tolist() == ["300", "1", "\u2013\u00a0c"]
    assert found.notes == {
        "a": "No /proc",
        "b": "not recorded",
        "c": "no trial finished (1 skipped)",
    }


def test_a_failure_is_a_row_of_dashes_with_its_outcome(
    record: MakeRecord, failure: MakeRecord
) -> None:
    for layout in ALL[:5]:
        found = sheet([record(), failure(status="out of memory")], layout)
        row = found.text.loc["MXNet, eager, default"]
        assert "no trial finished (1 out of memory)" in found.notes.values()
        assert {text for name, text in row.items() if name != "Trials"} == {MISSING}
    assert column([record(), failure()], SPEED, "Trials") == ["1 ok", "1 skipped"]


def test_a_row_that_is_not_ranked_has_no_ratio_and_stands_below(
    three: list[Record], record: MakeRecord, blocks: MakeBlocks
) -> None:
    fast = record("jax", certificate=None, blocks=blocks(90_000, (1, 1)))
    rows, shown = numbers([fast, *three]), sheet([fast, *three], SPEED)

    assert [row["framework"] for row in rows] == ["pytorch", "tensorflow", "mxnet", "jax"]
    assert [row["ranked"] for row in rows] == [True, True, True, False]
    assert rows[3]["ratio_to_fastest"] is None
    assert shown.text.index[3] == "JAX 0.1, eager, default (not ranked)"
    assert shown.text["Samples/s"].tolist()[3] == "90,000"
    assert shown.text["Ratio to fastest"].tolist() == ["1.00x", "0.45x", "0.41x", MISSING]
    assert shown.notes["a"] == "the row is not ranked"
    assert column([fast, *three], PROOF, PROOF_HEADING) == ["verified, 2e-15"] * 3 + [
        "not verified"
    ]


def test_a_single_ranked_row_is_a_multiple_of_nothing(record: MakeRecord) -> None:
    found = sheet([record(), record("mxnet", certificate=None)], SPEED)

    assert "Ratio to fastest" not in found.text
    assert found.absent[0] == (
        "Ratio to fastest: absent in all rows (fewer than two rows are ranked)."
    )


def test_a_run_of_failures_has_its_outcomes_and_nothing_else(failure: MakeRecord) -> None:
    found = sheet([failure("mxnet"), failure("pytorch")], SPEED)

    assert found.text.columns.tolist() == ["Trials"]
    assert found.notes == {}
    assert "no trial finished (1 skipped)" in found.absent[0]


def test_every_number_and_every_reason_is_there_for_programs(
    invocations: MakeInvocations, record: MakeRecord
) -> None:
    (row,) = numbers(invocations("pytorch", [1.0, 2.0]))

    # Even through JSON, which takes no numpy types.
    assert json.loads(json.dumps(row, allow_nan=True))["steady"] == {"steady": 2}
    for name in ("device_peak_bytes", "gpu_joules_per_sample", "device_clock_difference"):
        assert row["absent"][name] == record().absent[
            {"device_peak_bytes": "device_peak_bytes", "gpu_joules_per_sample": "gpu_joules"}.get(
                name, "device_seconds"
            )
        ].removesuffix(".")
    assert not row["absent"].keys() & row["intervals"].keys()


def test_failures_have_a_reason_even_where_none_was_recorded(
    record: MakeRecord, failure: MakeRecord
) -> None:
    statuses = ("timeout", "out of memory", "failed")
    table = list_failures(
        [
            record(),
            *(failure(status=status) for status in statuses),
            failure("jax", reason=None),
        ]
    )

    assert table["What happened"].tolist() == [
        "It timed out",
        "It ran out of memory",
        "It failed",
        "It was skipped",
    ]
    assert table["Reason"].tolist()[3] == "none was recorded"
    assert table.index[0].startswith("lenet-digits-mxnet-eager")


def test_versions_of_environments(three: list[Record], failure: MakeRecord) -> None:
    found = collect_packages([*three, three[0], failure("jax")])
    table = build_version_table(found)

    assert list(table.index) == ["PyTorch 2.13.0", "TensorFlow 2.21.0", "MXNet 1.9.1"]
    assert table["tensorflow"].tolist() == [ABSENT, "2.21.0", ABSENT]


def test_an_environment_that_changed_within_a_run_is_shown_twice(record: MakeRecord) -> None:
    found = collect_packages([record(), record(versions={"python": "3.12.1"})])

    assert list(found) == ["PyTorch 2.13.0", "PyTorch 2.13.0 (environment 2)"]


def test_environment_variables_are_listed_once_a_row(record: MakeRecord) -> None:
    table = build_variable_table(
        compare([record(), record(repeat=2), record("mxnet", environment={})])
    )

    assert table["Environment variables"].tolist() == ["OMP_NUM_THREADS=2", "none"]
