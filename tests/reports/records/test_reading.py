"""Reading many records: the same records as one by one, shared parts once."""

import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.errors import ResultsError
from bench.records.certificate import Certificate
from bench.records.results import Record, decode, encode, read_records
from reports.records.readers import new_reader
from reports.records.reading import Reader
from reports.records.typed_reading import TypedReader
from tests.reports.conftest import make_record

MakeRecord = Callable[..., Record]
Save = Callable[[Path, Sequence[Record]], Path]

READERS = (Reader, TypedReader)
BOTH = pytest.mark.parametrize("kind", READERS)


def test_the_fast_one_is_taken_where_its_library_is() -> None:
    assert isinstance(new_reader(), TypedReader)


@BOTH
def test_the_records_are_those_of_the_plain_reader(
    kind: type[Reader], tmp_path: Path, three: list[Record], failure: MakeRecord, save: Save
) -> None:
    path = save(tmp_path / "run", [*three, failure(log="half a pair \ud800")]) / "records.jsonl"
    with path.open("a") as file:
        file.write('{"schema": 1, "trial"')

    records, problems = kind().read(path)

    assert (records, problems) == read_records(path)
    assert records[-1].log == "half a pair \ud800"
    assert len(problems) == 1


@BOTH
def test_what_records_share_is_one_object(
    kind: type[Reader],
    tmp_path: Path,
    record: MakeRecord,
    certificate: Callable[..., Certificate],
    save: Save,
) -> None:
    other = replace(record("mxnet"), certificate=certificate(quantities=7))
    path = save(tmp_path / "run", [record(), record("tensorflow"), other]) / "records.jsonl"
    reader = kind()

    (first, second, third), _ = reader.read(path)
    (again, *_), _ = reader.read(path)

    assert first.machine is second.machine is third.machine is again.machine
    assert first.ceilings is second.ceilings
    assert first.certificate is second.certificate is again.certificate
    assert third.certificate is not None
    assert third.certificate.quantities == 7
    assert first.certificate is not third.certificate


WHOLE = json.loads(encode(make_record()))
ODD: tuple[Any, ...] = (
    None,
    True,
    0,
    -1,
    2**53 + 1,
    10**400,
    0.5,
    1e16,
    "",
    "5",
    "half a pair \ud800",
    [],
    [1],
    {},
    {"unknown": 1},
    [None],
    [{"steps": 1}],
)


def places(value: Any, before: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The ways to every value in a document."""
    if isinstance(value, dict):
        inner = [(*before, name) for name in value]
    elif isinstance(value, list):
        inner = [(*before, number) for number in range(min(len(value), 2))]
    else:
        return []
    found = list(inner)
    for way in inner:
        found += places(value[way[-1]], way)
    return found


@settings(max_examples=400)
@given(st.lists(st.tuples(st.sampled_from(places(WHOLE)), st.sampled_from(ODD)), max_size=2))
def test_whatever_stands_in_a_record_all_readers_say_the_same(
    changes: list[tuple[tuple[Any, ...], Any]],
) -> None:
    """A value of another type, a missing field, one too many: a record of both, or of neither."""
    document = json.loads(json.dumps(WHOLE))
    for way, value in changes:
        _put(document, way, deepcopy(value))
    line = json.dumps(document).encode()

    assert [_of(kind().decode, line) for kind in READERS] == [_of(decode, line)] * 2


@given(st.sampled_from(places(WHOLE)), st.sampled_from(["gone", "more"]))
def test_a_field_less_or_more(way: tuple[Any, ...], what: str) -> None:
    document = json.loads(json.dumps(WHOLE))
    holder = _holder(document, way)
    if what == "gone":
        del holder[way[-1]]
    elif isinstance(holder, dict):
        holder["unknown to this version"] = 1
    line = json.dumps(document).encode()

    assert [_of(kind().decode, line) for kind in READERS] == [_of(decode, line)] * 2


def test_bytes_that_are_no_text_and_numbers_that_are_none() -> None:
    line = encode(make_record()).encode()
    for broken in (
        line.replace(b"Example", b"Ex\xff\xfemple"),
        line.replace(b'"samples":640', b'"samples":NaN'),
        line.replace(b'"seconds":{"import":1.5', b'"seconds":{"import":1e999'),
        line[: len(line) // 2],
        b"[" * 100_000,
    ):
        assert broken != line
        assert [_of(kind().decode, broken) for kind in READERS] == [_of(decode, broken)] * 2


def _put(document: Any, way: tuple[Any, ...], value: Any) -> None:
    # What was there may have been replaced already.
    with suppress(KeyError, IndexError, TypeError):
        _holder(document, way)[way[-1]] = value


def _holder(document: Any, way: tuple[Any, ...]) -> Any:
    for name in way[:-1]:
        document = document[name]
    return document


def _of(read: Callable[[bytes], Record], line: bytes) -> Record | str:
    try:
        return read(line)
    except ResultsError as error:
        return str(error)
