"""BANKING77 against the facts published about it."""

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bench.errors import DataError
from bench.host.data import banking77
from bench.host.data.banking77 import BANKING77, read_banking77
from bench.host.data.labeled_csv import read_categories, read_labeled_csv
from bench.host.data.published import PublishedFile


def test_it_is_what_is_published(real_data: Path) -> None:
    train, test = read_banking77()
    counts = np.bincount(train.labels)
    assert (len(train.labels), len(counts), counts.min(), counts.max()) == (10_003, 77, 35, 187)
    assert np.bincount(test.labels).tolist() == [40] * 77
    assert train.inputs.shape == (10_003, 32)
    assert test.inputs.shape == (3_080, 32)
    assert train.inputs.max() + 1 == BANKING77.samples.vocabulary == 1_502


def test_no_text_is_in_both_parts(real_data: Path) -> None:
    folder = real_data / "banking77"
    categories = read_categories(folder / "categories.json", 77)
    train, _ = read_labeled_csv(folder / "train.csv", categories)
    test, _ = read_labeled_csv(folder / "test.csv", categories)
    assert not set(train) & set(test)


def test_padding_is_in_front_and_few_words_are_unknown(real_data: Path) -> None:
    train, test = read_banking77()
    for split in (train, test):
        assert (split.inputs[:, -1] != 0).all()
        began = np.maximum.accumulate(split.inputs != 0, axis=1)
        assert ((split.inputs != 0) == began).all()
    assert (test.inputs == 1).sum() / (test.inputs != 0).sum() < 0.011


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cache: Path) -> Path:
    """A user's folder with a small data set in place of the published one, and no network."""
    folder = tmp_path / "banking77"
    folder.mkdir()
    contents = {
        "TRAIN": ("train.csv", "text,category\nmy card my card,a\ncash,b\n"),
        "TEST": ("test.csv", "text,category\nnew card,b\n"),
        "CATEGORIES": ("categories.json", json.dumps(["a", "b"])),
    }
    for variable, (name, text) in contents.items():
        (folder / name).write_text(text)
        file = PublishedFile(name, hashlib.sha256(text.encode()).hexdigest())
        monkeypatch.setattr(banking77, variable, file)
    offline = replace(banking77.PUBLICATION, mirrors=("https://127.0.0.1:9/",))
    monkeypatch.setattr(banking77, "PUBLICATION", offline)
    monkeypatch.setattr(banking77, "CLASSES", 2)
    monkeypatch.setattr(banking77, "VOCABULARY", 4)
    monkeypatch.setenv("SAMESTEP_DATA", str(tmp_path))
    return folder


def test_labels_are_the_places_in_the_list(made: Path) -> None:
    train, test = read_banking77()
    assert train.labels.tolist() == [0, 1]
    assert train.inputs[:, -4:].tolist() == [[3, 2, 3, 2], [0, 0, 0, 1]]
    assert test.inputs[:, -2:].tolist() == [[1, 2]]


def test_another_vocabulary_is_refused(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(banking77, "VOCABULARY", 5)
    with pytest.raises(DataError, match="give 4 tokens; expected 5"):
        read_banking77()


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("train.csv", "text\na\n", r"has the columns .*not the published train\.csv"),
        ("test.csv", "text,category\nold card,b\n", r"test\.csv has the SHA-256 .*; expected "),
        ("categories.json", "[]", r"has 0 names.*not the published categories\.json"),
        ("test.csv", None, r"has no banking77/test\.csv; put the published .*SAMESTEP_DATA"),
    ],
)
def test_other_files_are_one_line(made: Path, name: str, content: str | None, words: str) -> None:
    if content is None:
        (made / name).unlink()
    else:
        (made / name).write_text(content)
    with pytest.raises(DataError, match=words) as caught:
        read_banking77()
    assert "\n" not in str(caught.value)
