"""Reading many records: the same records by both ways of the reader, shared parts once."""

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
from bench.records.lines import Reader, encode, read_records
from bench.records.results import SCHEMA, Record
from tests.reports.conftest import make_record

MakeRecord = Callable[..., Record]
Save = Callable[[Path, Sequence[Record]], Path]


def test_the_records_are_those_that_were_written(
    tmp_path: Path, three: list[Record], failure: MakeRecord, save: Save
) -> None:
    written = [*three, failure(log="half a pair \ud800")]
    path = save(tmp_path / "run", written) / "records.jsonl"
    with path.open("a") as file:
        file.write('{"schema": 1, "trial"')

    records, problems = read_records(path)

    assert records == written
    assert records[-1].log == "half a pair \ud800"
    assert len(problems) == 1


@pytest.mark.parametrize("schema", [3, 4, 5])
def test_what_records_share_is_one_object(
    schema: int,
    tmp_path: Path,
    record: MakeRecord,
    certificate: Callable[..., Certificate],
    save: Save,
) -> None:
    other = replace(record("mxnet"), certificate=certificate(quantities=7))
    path = save(tmp_path / "run", [record(), record("tensorflow"), other]) / "records.jsonl"
    path.write_text(path.read_text().replace(f'"schema":{SCHEMA}', f'"schema":{schema}'))
    reader = Reader()

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
def test_whatever_stands_in_a_record_it_is_one_by_both_ways_or_by_none(
    changes: list[tuple[tuple[Any, ...], Any]],
) -> None:
    """A value of another type, a missing field, one too many."""
    document = json.loads(json.dumps(WHOLE))
    for way, value in changes:
        _put(document, way, deepcopy(value))
    assert_equal_by_both_ways(document)


@given(st.sampled_from(places(WHOLE)), st.sampled_from(["gone", "more"]))
def test_a_field_less_or_more(way: tuple[Any, ...], what: str) -> None:
    document = json.loads(json.dumps(WHOLE))
    holder = _holder(document, way)
    if what == "gone":
        del holder[way[-1]]
    elif isinstance(holder, dict):
        holder["unknown to this version"] = 1
    assert_equal_by_both_ways(document)


def assert_equal_by_both_ways(document: dict[str, Any]) -> None:
    """A record of the schema before goes the long way, by a document, and else is the same."""
    line = json.dumps(document)
    if document.get("schema") == SCHEMA:
        older = json.dumps(document | {"schema": SCHEMA - 1})
        assert repr(_of(Reader().decode, line)) == repr(_of(Reader().decode, older))
    else:
        _of(Reader().decode, line)


def test_what_a_newer_version_adds_to_a_part_is_passed_over() -> None:
    document = json.loads(encode(make_record()))
    for name in ("seconds", "memory", "load", "cost"):
        document[name]["of a newer version"] = {"any": "thing"}
    assert Reader().decode(json.dumps(document)) == make_record()


def test_bytes_that_are_no_text_and_numbers_that_are_none() -> None:
    line = encode(make_record()).encode()
    for broken, words in (
        (line.replace(b"Example", b"Ex\xff\xfemple"), None),
        (line.replace(b'"samples":640', b'"samples":NaN'), "Expected `int`, got `float`"),
        (line.replace(b'"seconds":{"import":1.5', b'"seconds":{"import":1e999'), None),
        (line[: len(line) // 2], "It is not JSON"),
        (b"[" * 100_000, "It is not JSON"),
    ):
        assert broken != line
        read = _of(Reader().decode, broken)
        assert isinstance(read, str) is (words is not None)
        assert words is None or words in str(read)


def _put(document: Any, way: tuple[Any, ...], value: Any) -> None:
    # What was there may have been replaced already.
    with suppress(KeyError, IndexError, TypeError):
        _holder(document, way)[way[-1]] = value


def _holder(document: Any, way: tuple[Any, ...]) -> Any:
    for name in way[:-1]:
        document = document[name]
    return document


def _of(read: Callable[[str | bytes], Record], line: str | bytes) -> Record | str:
    try:
        return read(line)
    except ResultsError as error:
        return str(error)
