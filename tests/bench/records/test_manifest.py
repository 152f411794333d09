import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.errors import ResultsError
from bench.records.manifest import RUN_FILE, End, Manifest, read_manifest, write_manifest

MANIFEST = Manifest({"schema": 1, "plan": "p", "trials": ["a", "b"]}, End(2, "d" * 64))


def test_a_manifest_survives_its_file(tmp_path: Path) -> None:
    write_manifest(tmp_path, MANIFEST)
    assert read_manifest(tmp_path) == MANIFEST
    assert [path.name for path in tmp_path.iterdir()] == [RUN_FILE]


def test_a_mark_of_byte_order_is_no_part_of_it(tmp_path: Path) -> None:
    (tmp_path / RUN_FILE).write_text(MANIFEST.to_json(), "utf-8-sig")
    assert read_manifest(tmp_path) == MANIFEST


def test_without_a_file_there_is_none(tmp_path: Path) -> None:
    assert read_manifest(tmp_path) is None


def test_its_digest_is_that_of_the_opening_alone(tmp_path: Path) -> None:
    assert Manifest(MANIFEST.opening).digest == MANIFEST.digest
    assert Manifest({**MANIFEST.opening, "plan": "q"}).digest != MANIFEST.digest


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "JSONDecodeError"),
        ("[]", "TypeError"),
        ("{}", "KeyError: 'opening'"),
        ('{"opening": {}, "end": null}', "KeyError: 'schema'"),
        ('{"opening": {"schema": 1}, "end": 3}', "Expected `object [|] null`, got `int`"),
        (
            '{"opening": {"schema": 1}, "end": {"records": "2", "digest": "d"}}',
            "Expected `int`, got `str`",
        ),
        ('{"opening": {"schema": 9}, "end": null}', "has the schema 9"),
        ("[" * 100_000, "RecursionError"),
    ],
)
def test_a_broken_one_is_one_line(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / RUN_FILE).write_text(text)
    with pytest.raises(ResultsError, match=words):
        read_manifest(tmp_path)


def test_one_that_is_no_text_is_one_line(tmp_path: Path) -> None:
    (tmp_path / RUN_FILE).write_bytes(b"\xff")
    with pytest.raises(ResultsError, match="it is not UTF-8"):
        read_manifest(tmp_path)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
)


@given(opening=JSON, end=JSON)
def test_whatever_it_holds_only_our_own_error_comes_out(
    tmp_path_factory: pytest.TempPathFactory, opening: object, end: object
) -> None:
    folder = tmp_path_factory.mktemp("manifest")
    (folder / RUN_FILE).write_text(json.dumps({"opening": opening, "end": end}))
    with pytest.raises(ResultsError):
        read_manifest(folder)
