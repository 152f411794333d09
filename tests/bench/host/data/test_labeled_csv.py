import csv
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.errors import DataError
from bench.host.data.labeled_csv import (
    MOST_BYTES,
    Columns,
    read_categories,
    read_labeled_csv,
    read_rows,
)

CATEGORIES = ["card", "cash"]
HEADER = b"text,category\n"


def written(folder: Path, content: bytes) -> Path:
    path = folder / "train.csv"
    path.write_bytes(content)
    return path


def test_texts_and_labels_are_read(tmp_path: Path) -> None:
    path = written(tmp_path, HEADER + b'Where is it?,cash\r\n"My card,\nplease",card\n')
    texts, labels = read_labeled_csv(path, CATEGORIES)
    assert texts == ["Where is it?", "My card,\nplease"]
    assert labels.tolist() == [1, 0]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", r"has the columns \[\]; expected 'text' and 'category', each once"),
        (b"text,label\na,card\n", r"has the columns \['text', 'label'\]; expected 'text'"),
        (HEADER, "has no rows"),
        (HEADER + b"a,card\nb,loan\n", "line 3 has the label 'loan'; expected one of the 2"),
        (b"text,text,category\na,b,card\n", "has the columns .*each once"),
        (HEADER + b" ,card\n", "line 2 has an empty text"),
        (HEADER + b"a,\n", "line 2 has an empty label"),
        (HEADER + b"a\n", "line 2 has another number of cells"),
        (HEADER + b"a,card,b\n", "line 2 has another number of cells"),
        (HEADER + b'"a"b,card\n', "line 2 is not valid CSV"),
        (HEADER + b'"a,card\n', "line 2 is not valid CSV"),
        (
            HEADER + b'b,card\n"a,card\n\n\nb,card\n',
            r"line 6 is not valid CSV .*correct the row that begins in line 3\.$",
        ),
        (HEADER + b"caf\xe9,card\n", r"is not UTF-8 \(byte 17"),
        (bytes(MOST_BYTES + 1), "holds more than 4,194,304 bytes"),
    ],
)
def test_a_malformed_table_is_one_line(tmp_path: Path, content: bytes, words: str) -> None:
    path = written(tmp_path, content)
    with pytest.raises(DataError, match=words) as caught:
        read_labeled_csv(path, CATEGORIES)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_cell_may_be_as_long_as_the_file(tmp_path: Path) -> None:
    before = csv.field_size_limit()
    text = "a" * 140_000
    path = written(tmp_path, HEADER + f'{text},card\n"{text}\n",cash\n'.encode())
    assert read_labeled_csv(path, CATEGORIES)[0] == [text, f"{text}\n"]
    path = written(tmp_path, f"{text},text,category\nx,a,card\n".encode())
    assert read_labeled_csv(path, CATEGORIES)[0] == ["a"]
    # What the process allows others is as it was, after an error too.
    with pytest.raises(DataError, match="not valid CSV"):
        read_labeled_csv(written(tmp_path, HEADER + b'"a'), CATEGORIES)
    assert csv.field_size_limit() == before


def test_a_spreadsheets_mark_of_byte_order_is_no_part_of_a_name(tmp_path: Path) -> None:
    path = written(tmp_path, b"\xef\xbb\xbf" + HEADER + b"a,card\n")
    assert read_labeled_csv(path, CATEGORIES)[0] == ["a"]


def test_columns_may_have_other_names_and_neighbours(tmp_path: Path) -> None:
    path = written(tmp_path, b"id,intent,question\n1,card,Where is it?\n")
    (row,) = read_rows(path, Columns(text="question", label="intent"))
    assert (row.text, row.label, row.line) == ("Where is it?", "card", 2)


def test_a_missing_table_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"gone\.csv cannot be read"):
        read_labeled_csv(tmp_path / "gone.csv", CATEGORIES)


@given(content=st.binary(max_size=64), whole=st.booleans())
def test_no_bytes_get_past_the_reader_but_as_its_own_error(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, whole: bool
) -> None:
    path = written(tmp_path_factory.mktemp("fuzz"), content if whole else HEADER + content)
    try:
        texts, labels = read_labeled_csv(path, CATEGORIES)
    except DataError:
        return
    assert len(texts) == len(labels)
    assert all(texts)


def test_categories_are_read_in_order(tmp_path: Path) -> None:
    assert read_categories(written(tmp_path, json.dumps(CATEGORIES).encode()), 2) == CATEGORIES


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"[", "is not valid JSON"),
        (b"[" * 100_000, "is not valid JSON"),
        (b"\xff", "is not UTF-8"),
        (b'{"card": 0}', "is no list of names"),
        (b'["card", 1]', "is no list of names"),
        (b'["card"]', "has 1 names, 1 of them different; expected 2"),
        (b'["card", "card"]', "has 2 names, 1 of them different; expected 2"),
    ],
)
def test_malformed_categories_are_one_line(tmp_path: Path, content: bytes, words: str) -> None:
    with pytest.raises(DataError, match=words) as caught:
        read_categories(written(tmp_path, content), 2)
    assert "\n" not in str(caught.value)
