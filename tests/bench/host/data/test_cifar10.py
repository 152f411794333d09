"""CIFAR-10 against the facts published about it, and where its files are looked for."""

import gzip
import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bench.errors import DataError
from bench.host.data import cifar10
from bench.host.data.cifar10 import ARCHIVE, BATCHES, MEMBERS, read_cifar10, read_subset
from bench.host.data.published import PublishedFile
from tests.bench.host.data.made import batch, tar_gz

CONTENTS = {name: batch([place, place + 1]) for place, name in enumerate(BATCHES)}
PART = gzip.compress(CONTENTS["test_batch.bin"])


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cache: Path) -> Path:
    """The user's data folder, with no network behind and made batches for the published ones."""
    monkeypatch.setenv("SAMESTEP_DATA", str(tmp_path))
    offline = replace(cifar10.PUBLICATION, mirrors=("https://127.0.0.1:9/",))
    monkeypatch.setattr(cifar10, "PUBLICATION", offline)
    digests = {name: digest(content) for name, content in CONTENTS.items()}
    monkeypatch.setattr(cifar10, "BATCHES", digests)
    part = digest(CONTENTS["test_batch.bin"])
    monkeypatch.setattr(cifar10, "SUBSET_TRAIN", PublishedFile("train.gz", part))
    monkeypatch.setattr(cifar10, "SUBSET_TEST", PublishedFile("test.gz", part))
    for name in ("cifar10", cifar10.SUBSET_FOLDER):
        (tmp_path / name).mkdir()
    return tmp_path


def archive(folder: Path, monkeypatch: pytest.MonkeyPatch, **changes: bytes) -> Path:
    members = {f"{MEMBERS}/{name}": content for name, content in {**CONTENTS, **changes}.items()}
    path = tar_gz(folder / "cifar10" / ARCHIVE.name, members)
    monkeypatch.setattr(cifar10, "ARCHIVE", PublishedFile(ARCHIVE.name, digest(path.read_bytes())))
    return path


def assert_made_batches_are_read() -> None:
    train, test = read_cifar10()
    assert train.labels.tolist() == [0, 1, 1, 2, 2, 3, 3, 4, 4, 5]
    assert test.labels.tolist() == [5, 6]
    assert train.inputs.shape == (10, 3, 32, 32)
    assert (train.inputs[1::2] == 1).all()


def test_the_subset_is_what_is_published(real_data: Path) -> None:
    train, test = read_subset()
    assert train.labels[:10].tolist() == [6, 9, 9, 4, 1, 1, 2, 7, 8, 3]
    assert test.labels[:10].tolist() == [3, 8, 8, 0, 6, 6, 1, 6, 3, 1]
    assert train.inputs[0, :, 0, 0].tolist() == [59, 62, 63]
    assert test.inputs[0, :, 0, 0].tolist() == [158, 112, 49]
    published = [396, 366, 420, 384, 422, 393, 414, 385, 407, 413]
    assert np.bincount(train.labels).tolist() == published
    published = [103, 89, 100, 103, 90, 86, 112, 102, 106, 109]
    assert np.bincount(test.labels).tolist() == published


@pytest.mark.parametrize("below", ["", MEMBERS])
def test_unpacked_files_are_read(folder: Path, below: str) -> None:
    place = folder / "cifar10" / below
    place.mkdir(exist_ok=True)
    for name, content in CONTENTS.items():
        (place / name).write_bytes(content)
    assert_made_batches_are_read()


def test_the_archive_is_read(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive(folder, monkeypatch)
    assert_made_batches_are_read()


def test_a_missing_unpacked_file_is_named(folder: Path) -> None:
    (folder / "cifar10" / "data_batch_1.bin").write_bytes(CONTENTS["data_batch_1.bin"])
    with pytest.raises(DataError, match=r"data_batch_2\.bin cannot be read .*six batches"):
        read_cifar10()


def test_other_rows_in_an_unpacked_file_are_refused(folder: Path) -> None:
    for name in BATCHES:
        (folder / "cifar10" / name).write_bytes(CONTENTS["test_batch.bin"])
    with pytest.raises(DataError, match=r"data_batch_1\.bin holds rows with the SHA-256"):
        read_cifar10()


def test_another_archive_is_refused_with_what_is_wrong(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = archive(folder, monkeypatch)
    content = path.read_bytes()
    path.write_bytes(content[:-20])
    with pytest.raises(DataError, match=r"damaged gzip file.*not the published"):
        read_cifar10()
    tar_gz(path, {f"{MEMBERS}/test_batch.bin": b""})
    with pytest.raises(DataError, match=r"has no member .*data_batch_1\.bin.*not the published"):
        read_cifar10()
    path.write_bytes(gzip.compress(gzip.decompress(content), 9))
    with pytest.raises(DataError, match=r"has the SHA-256 .*; expected "):
        read_cifar10()


@pytest.mark.parametrize("name", cifar10.PICKLED)
def test_the_pickled_version_is_never_read(folder: Path, name: str) -> None:
    (folder / "cifar10" / name).mkdir()
    with pytest.raises(DataError, match=rf"{name} is .*Python version.*expected {ARCHIVE.name}"):
        read_cifar10()


def test_without_files_and_network_one_line_names_both_ways(folder: Path) -> None:
    with pytest.raises(DataError, match=rf"has no cifar10/{ARCHIVE.name}; put .*network") as caught:
        read_cifar10()
    assert "\n" not in str(caught.value)


def test_the_part_is_read_whatever_gzip_made_it(folder: Path) -> None:
    for name, level in (("train.gz", 1), ("test.gz", 9)):
        content = gzip.compress(CONTENTS["test_batch.bin"], level)
        (folder / cifar10.SUBSET_FOLDER / name).write_bytes(content)
    train, test = read_subset()
    assert train.labels.tolist() == test.labels.tolist() == [5, 6]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, r"cannot be downloaded, and .*train\.gz is not there; .*SAMESTEP_DATA/"),
        (PART[:-5], r"train\.gz is a damaged gzip file"),
        (gzip.compress(batch([1])[:-1]), r"train\.gz holds 3,072 bytes; expected a multiple"),
        (gzip.compress(batch([10])), r"train\.gz has the label 10 in row 1"),
        (gzip.compress(batch([1])), r"train\.gz holds rows with the SHA-256 .*; expected "),
    ],
    ids=["missing", "truncated", "size", "label", "digest"],
)
def test_a_wrong_part_is_one_line(folder: Path, content: bytes | None, words: str) -> None:
    if content is not None:
        (folder / cifar10.SUBSET_FOLDER / "train.gz").write_bytes(content)
    with pytest.raises(DataError, match=words) as caught:
        read_subset()
    assert "\n" not in str(caught.value)


def test_without_a_data_folder_the_part_says_what_to_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SAMESTEP_DATA", raising=False)
    with pytest.raises(DataError, match=r"SAMESTEP_DATA is not set; expected .*use cifar10"):
        read_subset()
