"""Reading many records: the same records as one by one, shared parts once."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from bench.certificate import Certificate
from bench.results import Record, read_records
from reports.reading import Reader

MakeRecord = Callable[..., Record]
Save = Callable[[Path, Sequence[Record]], Path]


def test_the_records_are_those_of_the_plain_reader(
    tmp_path: Path, three: list[Record], failure: MakeRecord, save: Save
) -> None:
    path = save(tmp_path / "run", [*three, failure(log="half a pair \ud800")]) / "records.jsonl"
    with path.open("a") as file:
        file.write('{"schema": 1, "trial"')

    records, problems = Reader().read(path)

    assert (records, problems) == read_records(path)
    assert records[-1].log == "half a pair \ud800"
    assert len(problems) == 1


def test_what_records_share_is_one_object(
    tmp_path: Path, record: MakeRecord, certificate: Callable[..., Certificate], save: Save
) -> None:
    other = replace(record("mxnet"), certificate=certificate(quantities=7))
    path = save(tmp_path / "run", [record(), record("tensorflow"), other]) / "records.jsonl"
    reader = Reader()

    (first, second, third), _ = reader.read(path)
    (again, *_), _ = reader.read(path)

    assert first.machine is second.machine is third.machine is again.machine
    assert first.ceilings is second.ceilings
    assert first.certificate is second.certificate is again.certificate
    assert third.certificate is not None
    assert third.certificate.quantities == 7
    assert first.certificate is not third.certificate
