"""The reader of CIFAR-10's binary form, against made batches and every way they can be wrong."""

import gzip
import io
import tarfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.errors import DataError
from bench.host.data import cifar_rows
from bench.host.data.cifar_rows import (
    MOST_BATCH_BYTES,
    ROW_BYTES,
    parse_rows,
    read_archive,
    read_batch,
    read_packed_batch,
)
from tests.bench.host.data.made import batch, tar_gz


def test_a_row_is_its_label_and_three_planes() -> None:
    content = bytes([7]) + b"".join(bytes([value]) * 1024 for value in (10, 20, 30))
    changed = bytearray(content)
    changed[1 + 1024 + 32] = 99  # green, second line, first column
    split = parse_rows(bytes(changed) + content, "made")
    assert split.labels.tolist() == [7, 7]
    assert split.inputs.shape == (2, 3, 32, 32)
    assert split.inputs.dtype == np.uint8
    assert split.inputs[1].mean(axis=(1, 2)).tolist() == [10, 20, 30]
    assert split.inputs[0, 1, 1, 0] == 99


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "holds 0 bytes; expected a multiple of 3,073"),
        (batch([1, 2])[:-1], "holds 6,145 bytes; expected a multiple of 3,073"),
        (batch([1, 10, 3]), "has the label 10 in row 2; expected 0 to 9"),
        (bytes(MOST_BATCH_BYTES + 1), "holds more than 30,730,000 bytes; expected at most 10,000"),
    ],
    ids=["empty", "cut", "label", "too long"],
)
def test_what_is_no_batch_is_one_line(content: bytes, words: str) -> None:
    with pytest.raises(DataError, match=words) as caught:
        parse_rows(content, "folder/data_batch_1.bin")
    assert str(caught.value).startswith("folder/data_batch_1.bin ")
    assert "\n" not in str(caught.value)


def test_files_are_read_as_far_as_a_batch_may_go(tmp_path: Path) -> None:
    path = tmp_path / "batch"
    path.write_bytes(bytes(MOST_BATCH_BYTES + 5))
    assert len(read_batch(path)) == MOST_BATCH_BYTES + 1
    path.write_bytes(gzip.compress(bytes(4 * MOST_BATCH_BYTES)))
    assert len(read_packed_batch(path)) == MOST_BATCH_BYTES + 1


@pytest.mark.parametrize("read", [read_batch, read_packed_batch])
def test_a_missing_batch_is_one_line(tmp_path: Path, read: object) -> None:
    with pytest.raises(DataError, match=r"gone cannot be read \(No such file or directory\)"):
        read(tmp_path / "gone")  # type: ignore[operator]


def test_a_truncated_gzip_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "batch.gz"
    path.write_bytes(gzip.compress(batch([1, 2, 3]))[:-9])
    with pytest.raises(DataError, match=r"batch\.gz is a damaged gzip file"):
        read_packed_batch(path)


def test_members_come_in_the_order_asked_for(tmp_path: Path) -> None:
    path = tar_gz(tmp_path / "a.tar.gz", {"x/2": b"two", "readme": b"", "x/1": b"one"})
    assert read_archive(path, ["x/1", "x/2"]) == [b"one", b"two"]


def linked(path: Path) -> None:
    """An archive whose member is a link to a file of this machine."""
    with tarfile.open(path, "w:gz") as archive:
        member = tarfile.TarInfo("x/1")
        member.type = tarfile.SYMTYPE
        member.linkname = "/etc/hostname"
        archive.addfile(member)


def cut_inside(path: Path) -> None:
    """A whole gzip file around half a tar archive."""
    tar_gz(path, {"x/1": bytes(20_000)})
    path.write_bytes(gzip.compress(gzip.decompress(path.read_bytes())[:3000]))


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda path: tar_gz(path, {"x/2": b""}), "has no member x/1; expected CIFAR-10's"),
        (linked, "has no member x/1"),
        (lambda path: path.write_bytes(gzip.compress(b"no tar" * 200)), "is a damaged tar archive"),
        (lambda path: path.write_bytes(gzip.compress(b"")), "has no member|damaged tar"),
        (cut_inside, "is a damaged tar archive"),
        (lambda path: path.write_bytes(b"<html>"), "is a damaged gzip file"),
        (lambda path: None, "cannot be read"),
    ],
    ids=["member", "link", "no tar", "empty", "cut", "no gzip", "missing"],
)
def test_what_is_no_archive_is_one_line(tmp_path: Path, make: object, words: str) -> None:
    path = tmp_path / "a.tar.gz"
    make(path)  # type: ignore[operator]
    with pytest.raises(DataError, match=words) as caught:
        read_archive(path, ["x/1"])
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_bomb_is_not_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tar_gz(tmp_path / "a.tar.gz", {"x/0": bytes(2**20), "x/1": b""})
    monkeypatch.setattr(cifar_rows, "MOST_ARCHIVE_BYTES", 2**19)
    with pytest.raises(DataError, match="unpacks to more than 524,288 bytes"):
        read_archive(path, ["x/1"])


@given(place=st.integers(0, 2047), value=st.integers(0, 255), cut=st.integers(0, 4096))
def test_no_bytes_get_past_the_archive_reader_but_as_its_own_error(
    tmp_path_factory: pytest.TempPathFactory, place: int, value: int, cut: int
) -> None:
    folder = tmp_path_factory.mktemp("fuzz")
    content = bytearray(gzip.decompress(tar_gz(folder / "a", {"x/1": batch([1])}).read_bytes()))
    content[place] = value
    (folder / "a").write_bytes(gzip.compress(content[: len(content) - cut]))
    try:
        (found,) = read_archive(folder / "a", ["x/1"])
        labels = parse_rows(found, "a").labels
    except DataError:
        return
    assert isinstance(labels, np.ndarray)


@given(content=st.binary(max_size=2 * ROW_BYTES))
def test_the_parser_takes_whole_rows_only(content: bytes) -> None:
    stream = io.BytesIO(content)
    try:
        split = parse_rows(content, "made")
    except DataError:
        return
    for label, image in zip(split.labels, split.inputs, strict=True):
        assert stream.read(1) == bytes([label])
        assert stream.read(ROW_BYTES - 1) == image.tobytes()
