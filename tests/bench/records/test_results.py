import json
import math
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.errors import ResultsError
from bench.optimizer import Optimizer
from bench.records.ceilings import Ceiling, Measurement
from bench.records.lines import Reader, encode, read_records
from bench.records.parts import (
    BlockEnergy,
    Energy,
    Epoch,
    MachineFinding,
    Memory,
    StepCost,
    TimedBlock,
    Times,
)
from bench.records.results import SCHEMA, Record, Trial

STORED = Path(__file__).parents[2] / "data" / "records"
TRIAL = Trial(
    model="lenet",
    dataset="digits",
    framework="pytorch",
    mode="eager",
    settings="default",
    precision="ieee",
    device="cpu",
    batch_size=32,
    epochs=2,
    optimizer=Optimizer("sgd", 0.01, 0.9),
    seed=1,
    repeat=1,
)
RECORD = Record(
    run="r",
    trial=TRIAL,
    status="ok",
    reason=None,
    started="2026-01-02T03:04:05+00:00",
    plan="quick",
    commit="abc",
    machine={"cpu": "x", "gpus": []},
    threads=2,
    digests={"weights": "w", "data": "d", "order": "o"},
    seconds=Times(import_seconds=1.5),
    blocks=(TimedBlock(1, 32, 0.5, True), TimedBlock(10, 320, 1.0, False)),
    epochs=(Epoch(2.3, 2.2, 0.5, 1.5, 0.1, 1),),
    losses=(2.3, 2.2),
    memory=Memory(peak_resident_bytes=1000),
)


def test_a_record_survives_its_line() -> None:
    assert Reader().decode(encode(RECORD)) == RECORD


def test_the_line_has_the_fields_of_the_public_contract() -> None:
    document = json.loads(encode(RECORD))
    assert document["schema"] == SCHEMA
    assert next(iter(document)) == "schema"
    contract = {"run", "trial", "status", "reason", "digests", "versions", "machine", "seconds"}
    assert contract | {"blocks", "epochs", "memory"} <= set(document)
    trial = {"model", "dataset", "framework", "mode", "settings", "precision", "device"}
    assert trial | {"batch_size", "seed", "repeat"} <= set(document["trial"])
    assert set(document["blocks"][0]) == {"steps", "samples", "seconds", "warmup", "device_seconds"}
    assert {"train_loss", "test_loss", "test_accuracy", "seconds"} <= set(document["epochs"][0])


@given(st.text(), st.floats(allow_nan=False, allow_infinity=False))
def test_any_text_and_number_survives_on_one_line(text: str, number: float) -> None:
    record = replace(RECORD, reason=text, losses=(number,))
    line = encode(record)
    assert "\n" not in line
    assert Reader().decode(line) == record


def test_a_block_without_a_finite_time_comes_back_as_nan() -> None:
    line = encode(replace(RECORD, blocks=(TimedBlock(1, 1, math.nan, False),)))
    assert math.isnan(Reader().decode(line).blocks[0].seconds)


def test_a_record_of_the_first_version_becomes_one_of_this() -> None:
    document = json.loads(encode(RECORD)) | {"schema": 1}
    for name in ("load", "position", "steady", "energy", "absent", "tuning", "cost", "ceilings"):
        del document[name]
    for name in ("layout", "input", "evaluate_every"):
        del document["trial"][name]
    del document["fitness"]
    del document["block_energy"]
    del document["blocks"][0]["device_seconds"]
    del document["epochs"][0]["number"]
    assert Reader().decode(json.dumps(document)) == RECORD


def test_what_was_measured_from_outside_survives_too() -> None:
    record = replace(
        RECORD,
        blocks=(TimedBlock(1, 32, 0.5, True, device_seconds=0.4),),
        energy=Energy(gpu_joules=12.5, samples=320.0, seconds=1.0),
        block_energy=(None, BlockEnergy(1.0, {"gpu_joules": 12.5})),
        absent={"allocator_peak_bytes": "It does not tell."},
        cost=StepCost(operations=1e9),
        ceilings=Ceiling.of({"one": Measurement(100, (0.5,))}, {}, {"other": "It cannot."}),
        fitness=(MachineFinding("load", "note", "busy"),),
        steady="steady after warm-up",
        position=3,
    )
    assert Reader().decode(encode(record)) == record


def test_nan_becomes_null_and_comes_back_as_nan() -> None:
    line = encode(replace(RECORD, losses=(math.nan, 1.0), epochs=(Epoch(math.inf, 1, 0, 1, 1, 1),)))
    assert "NaN" not in line
    assert "Infinity" not in line
    record = Reader().decode(line)
    assert math.isnan(record.losses[0])
    assert math.isnan(record.epochs[0].train_loss)


def test_measured_blocks_are_those_after_warmup() -> None:
    assert RECORD.measured_blocks == (TimedBlock(10, 320, 1.0, False),)


def test_trials_that_differ_have_different_names() -> None:
    variations = [
        TRIAL,
        replace(TRIAL, model="lenet-1998"),
        replace(TRIAL, framework="mxnet"),
        replace(TRIAL, mode="compiled"),
        replace(TRIAL, batch_size=64),
        replace(TRIAL, seed=2),
        replace(TRIAL, repeat=2),
    ]
    assert len({trial.id for trial in variations}) == len(variations)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("[" * 100_000, "not JSON"),
        ('{"schema":1,"run"', "not JSON"),
        ("[1]", "'schema' is missing"),
        ('{"schema":99}', "Its schema is 99, this version of samestep reads 1 to 5"),
        ('{"schema":0}', "Its schema is 0"),
        ('{"schema":true}', "Its schema is True"),
        ('{"schema":"1"}', "Its schema is '1'"),
        ('{"schema":1}', "not a record of schema 5"),
        ('{"schema":1,"trial":[],"blocks":[],"epochs":[]}', "not a record of schema 5"),
        ('{"schema":2}', "not a record of schema 5"),
        (encode(RECORD).replace('"ok"', '"fine"'), "'fine'"),
        (encode(RECORD).replace('"steps":1,', ""), "steps"),
        (
            encode(RECORD).replace('"threads":2', '"threads":"2"'),
            "Expected `int`, got `str` - at `[$].threads`",
        ),
        (
            encode(RECORD).replace('"versions":{}', '"versions":[]'),
            "Expected `object`, got `array`, in the field 'versions'",
        ),
        (
            encode(RECORD).replace('"seconds":{"import":1.5}', '"seconds":null'),
            "Expected `object`, got `null` - at `[$].seconds`",
        ),
        (
            encode(RECORD).replace('"import":1.5', '"import":"long"'),
            "Expected `float [|] null`, got `str` - at `[$].seconds.import`",
        ),
        (
            encode(RECORD).replace('"weights":"w"', '"weights":1'),
            "'weights' is 1, which is no text, in the field 'digests'",
        ),
        (
            encode(RECORD).replace('"batch_size":32', '"batch_size":"32"'),
            "Expected `int`, got `str` - at `[$].trial.batch_size`",
        ),
    ],
)
def test_what_is_no_record_is_refused(line: str, words: str) -> None:
    with pytest.raises(ResultsError, match=words):
        Reader().decode(line)


def test_a_torn_last_line_is_named_and_the_others_are_read(tmp_path: Path) -> None:
    path = tmp_path / "records.jsonl"
    whole = encode(RECORD)
    path.write_text(f"{whole}\n{whole}\n{whole[:100]}")
    records, problems = read_records(path)
    assert records == [RECORD, RECORD]
    assert len(problems) == 1
    assert "line 3" in problems[0]


def test_a_mark_of_byte_order_is_no_part_of_a_record(tmp_path: Path) -> None:
    path = tmp_path / "records.jsonl"
    path.write_text(encode(RECORD) + "\n", "utf-8-sig")
    assert read_records(path) == ([RECORD], [])


def test_what_is_wrong_is_not_said_in_words_for_programmers() -> None:
    with pytest.raises(ResultsError, match=r"JSON .a number in it has thousands of digits"):
        Reader().decode("1" * 5000)
    with pytest.raises(ResultsError, match=r"JSON .its brackets are nested too deeply"):
        Reader().decode("[" * 100_000)


def test_missing_records_are_one_line(tmp_path: Path) -> None:
    with pytest.raises(ResultsError, match="tox -e bench"):
        read_records(tmp_path / "records.jsonl")


@pytest.mark.parametrize("path", sorted(STORED.glob("*.jsonl")), ids=lambda path: path.stem)
def test_stored_files_of_every_version_are_read(path: Path) -> None:
    """As the code of their time wrote them, but for the name of the kernel; never to be changed."""
    written = [json.loads(line) for line in path.read_text().splitlines()]
    records, problems = read_records(path)

    assert problems == []
    assert len(records) == len(written) >= 3
    for record, document in zip(records, written, strict=True):
        assert record.schema == SCHEMA
        assert record.trial.id.startswith(f"{document['trial']['model']}-")
        assert [block.seconds for block in record.blocks] == [
            block["seconds"] for block in document["blocks"]
        ]
        assert record.status == document["status"]
        if record.status == "ok":
            assert record.epochs[-1].number == record.trial.epochs
            assert record.epochs[-1].test_accuracy == document["epochs"][-1]["test_accuracy"]


def test_a_file_is_stored_of_every_version() -> None:
    versions = {json.loads(path.read_text().split("\n")[0])["schema"] for path in STORED.iterdir()}
    assert versions == set(range(1, SCHEMA + 1))


@given(st.binary(max_size=200))
def test_no_bytes_break_the_reader(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    path = tmp_path_factory.mktemp("fuzz") / "records.jsonl"
    path.write_bytes(content)
    records, _ = read_records(path)
    assert records == []
