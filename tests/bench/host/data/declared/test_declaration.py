import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from bench.errors import DataError, PlanError
from bench.host.data import DATASETS
from bench.host.data.declared.array_files import ArrayFiles, ArrayPair
from bench.host.data.declared.declaration import DeclaredDataset, read_declared
from bench.host.data.declared.image_folder import ImageFolder
from bench.host.data.declared.text_files import TextFiles
from bench.host.data.labeled_csv import Columns
from bench.host.data.preparation import prepare_dataset
from bench.host.toml_table import read_toml
from bench.spec import Samples
from tests.bench.host.data.declared.pictures import folder_of_images, save

IMAGES = """
[datasets.pets]
kind = "images"
train = "pets/train"
test = "pets/test"
"""
TEXTS = """
[datasets.questions]
kind = "texts"
train = "train.csv"
test_every = 5
length = 32
vocabulary = 1500
"""
ARRAYS = """
[datasets.mine]
kind = "arrays"
train = { inputs = "x.npy", labels = "y.npy" }
test = { inputs = "test_x.npy", labels = "test_y.npy" }
layout = "NHWC"
"""


def read(folder: Path, text: str) -> dict[str, DeclaredDataset]:
    path = folder / "mine.toml"
    path.write_text(text)
    table = read_toml(path, PlanError)
    found = read_declared(table, folder)
    table.finish()
    return found


def pets(folder: Path, text: str = IMAGES) -> DeclaredDataset:
    """A data set of images as its files are now."""
    return read(folder, text)["pets"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder_of_images(tmp_path / "pets" / "train", 3)
    folder_of_images(tmp_path / "pets" / "test", 2, first=6)
    return tmp_path


def test_tables_are_read_and_nobody_looks_at_the_files(tmp_path: Path) -> None:
    found = read(tmp_path, IMAGES + TEXTS + ARRAYS)
    assert [one.source for one in found.values()] == [
        ImageFolder(tmp_path / "pets/train", tmp_path / "pets/test", None, 3, None),
        TextFiles(tmp_path / "train.csv", None, 5, Columns("text", "label"), 32, 1500),
        ArrayFiles(
            ArrayPair(tmp_path / "x.npy", tmp_path / "y.npy"),
            ArrayPair(tmp_path / "test_x.npy", tmp_path / "test_y.npy"),
            None,
            "NHWC",
        ),
    ]
    assert list(found) == ["pets", "questions", "mine"]
    with pytest.raises(DataError, match="cannot be read"):
        found["pets"].dataset  # noqa: B018


def test_a_plan_without_declarations_has_none(tmp_path: Path) -> None:
    assert read(tmp_path, "") == {}


def test_all_keys_are_taken(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        IMAGES
        + "size = [32, 24]\nchannels = 1\n"
        + TEXTS
        + 'text_column = "question"\nlabel_column = "intent"\n',
    )
    images, texts = found["pets"].source, found["questions"].source
    assert isinstance(images, ImageFolder)
    assert (images.size, images.channels) == ((32, 24), 1)
    assert isinstance(texts, TextFiles)
    assert texts.columns == Columns("question", "intent")


def test_variables_and_the_home_are_expanded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLACE", "/place")
    monkeypatch.setenv("HOME", "/home/me")
    for text, expected in (
        ("$PLACE/pets", "/place/pets"),
        ("${PLACE}s", "/places"),
        ("~/pets", "/home/me/pets"),
        ("/pets", "/pets"),
        ("a$$b", str(tmp_path / "a$b")),
        ("../pets", str(tmp_path / ".." / "pets")),
    ):
        source = pets(tmp_path, IMAGES.replace("pets/train", text)).source
        assert isinstance(source, ImageFolder)
        assert str(source.train) == expected


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("datasets = 1\n", r"'datasets' is 1; expected tables with names, \[datasets.NAME\]"),
        ("datasets.pets = 1\n", r"expected tables with names, \[datasets.NAME\]"),
        (IMAGES.replace("pets]", "Pets]"), "'datasets' is 'Pets'; expected names of at most 40"),
        (IMAGES.replace("pets]", "a_b]"), "'datasets' is 'a_b'; expected names of"),
        (IMAGES.replace("pets]", "'../pets']"), "expected names of"),
        (IMAGES.replace("pets]", "a--b]"), "expected names of"),
        (IMAGES.replace("pets]", f"{'a' * 41}]"), "expected names of"),
        *(
            (IMAGES.replace("pets]", f"{name}]"), "expected a name that is not taken")
            for name in (*DATASETS, "all", "synthetic", "synthetic-3x8x8-9", "synthetic-cats")
        ),
        ("[datasets.pets]\n", r"\[datasets.pets\]: the key 'kind' is missing"),
        (IMAGES.replace('"images"', '"videos"'), "'kind' is 'videos'; expected one of images, te"),
        (IMAGES.replace("train =", "folder ="), "the key 'train' is missing"),
        (IMAGES + "shuffle = true\n", "unknown key 'shuffle'; allowed are kind, train, test"),
        (IMAGES + "test_every = 5\n", "'test' is 'test and test_every'; expected one of two keys"),
        (IMAGES.replace("test = ", "# "), "'test' is None; expected one of two keys"),
        (TEXTS.replace("every = 5", "every = 1"), "'test_every' is 1; expected a whole number of"),
        (IMAGES + "channels = 4\n", "'channels' is 4; expected 3"),
        (IMAGES + "size = 32\n", "'size' is 32; expected a list of whole numbers"),
        (IMAGES + "size = [32]\n", r"'size' is \[32\]; expected \[height, width\]"),
        (IMAGES + "size = []\n", "'size' is .*at least one"),
        (IMAGES + "size = [0, 9]\n", "expected a list of whole numbers of at least 1"),
        (IMAGES + "size = [9999, 9999]\n", r"expected \[height, width\], at most 1,048,576 pixels"),
        (TEXTS.replace("length = 32", "length = 0"), "'length' is 0; expected a whole number"),
        (TEXTS.replace("length = 32", "# "), "the key 'length' is missing"),
        (
            TEXTS.replace("= 1500", "= 999999"),
            "'vocabulary' is 999999; .* at most 999,998",
        ),
        (TEXTS + "text_column = 'label'\n", "'label_column' is 'label'; expected another column"),
        (ARRAYS.replace('"NHWC"', '"NWHC"'), "'layout' is 'NWHC'; expected one of NCHW, NHWC, NH"),
        (ARRAYS.replace("layout", "# "), "the key 'layout' is missing"),
        (ARRAYS.replace("labels =", "targets ="), r"\[train\]: the key 'labels' is missing"),
        (ARRAYS.replace("y.npy", 'y.npy", weights = "z'), r"unknown key 'weights'"),
        (ARRAYS.replace("train = {", "trains = {"), "'train' is None; expected { inputs ="),
        (ARRAYS.replace("test = {", "test = 'x' # "), "'test' is 'x'; expected { inputs ="),
        (IMAGES.replace("pets/train", "$NO_SUCH_VARIABLE/x"), "NO_SUCH_VARIABLE is not$|is not\\."),
        (IMAGES.replace("pets/train", "100$"), r"'train' is '100\$'; expected a path with \$NAME"),
        (IMAGES.replace("pets/train", "~no-such-user/x"), "expected a path with"),
        (IMAGES.replace("pets/train", ""), "'train' is ''; expected a path of printable"),
        (IMAGES.replace("pets/train", r"a\u0000b"), "expected a path of printable"),
        (IMAGES.replace("pets/train", r"a\nb"), "expected a path of printable"),
    ],
)
def test_a_malformed_declaration_is_one_line(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(PlanError, match=words) as caught:
        read(tmp_path, text)
    assert "mine.toml: " in str(caught.value)
    assert "\n" not in str(caught.value)


def test_it_is_prepared_once_and_again_only_when_files_change(folder: Path, cache: Path) -> None:
    assert pets(folder).dataset.samples == Samples((3, 4, 5), classes=2)
    first = prepare_dataset(pets(folder).dataset)
    assert (first.train_count, first.test_count) == (6, 4)
    made = os.stat(first.folder).st_ino
    assert prepare_dataset(pets(folder).dataset) == first
    assert os.stat(first.folder).st_ino == made

    save(folder / "pets" / "train" / "dog" / "0.png", 99)
    changed = prepare_dataset(pets(folder).dataset)
    assert changed.folder != first.folder
    assert changed.digest != first.digest


def touch(path: Path) -> None:
    os.utime(path, ns=(0, 0))


@pytest.mark.parametrize(
    "change",
    [
        lambda train: (train / "dog" / "0.png").write_bytes(b"x"),
        lambda train: touch(train / "cat" / "0.png"),
        lambda train: (train / "cat" / "0.png").rename(train / "cat" / "00.png"),
        lambda train: (train / "cat" / "0.png").rename(train / "dog" / "00.png"),
        lambda train: (train / "cat" / "0.png").unlink(),
        lambda train: save(train / "cat" / "9.png", 1),
    ],
    ids=["bytes", "time", "name", "class", "fewer", "more"],
)
def test_another_version_is_seen_by_names_sizes_and_times(
    folder: Path, change: Callable[[Path], object]
) -> None:
    before = pets(folder).dataset.version
    assert pets(folder).dataset.version == before
    change(folder / "pets" / "train")
    assert pets(folder).dataset.version != before


def test_another_declaration_is_another_version(folder: Path) -> None:
    versions = {
        pets(folder, IMAGES + keys).dataset.version
        for keys in ("", "channels = 1\n", "size = [4, 5]\n", "size = [5, 4]\n")
    }
    assert len(versions) == 4


def test_data_sets_of_one_name_in_two_plans_do_not_collide(tmp_path: Path, cache: Path) -> None:
    prepared = []
    for place in ("one", "two"):
        train = folder_of_images(tmp_path / place / "pets" / "train", 2)
        test = folder_of_images(tmp_path / place / "pets" / "test", 2)
        for path in (*train.glob("*/*"), *test.glob("*/*")):
            touch(path)
        prepared.append(prepare_dataset(pets(tmp_path / place).dataset))
    assert prepared[0].folder != prepared[1].folder
    assert prepared[0].digest == prepared[1].digest


def test_files_that_change_while_they_are_read_are_noticed(folder: Path, cache: Path) -> None:
    dataset = pets(folder).dataset
    touch(folder / "pets" / "train" / "cat" / "0.png")
    with pytest.raises(DataError, match="'pets' have changed while they were read") as caught:
        prepare_dataset(dataset)
    assert "\n" not in str(caught.value)
    assert not [path for path in (cache / "data").iterdir() if path.is_dir()]


@pytest.mark.parametrize("make", [os.mkdir, os.mkfifo])
def test_what_is_no_file_is_not_opened(tmp_path: Path, make: Callable[[Path], None]) -> None:
    make(tmp_path / "train.csv")
    with pytest.raises(DataError, match=r"train\.csv' is no file; expected one"):
        read(tmp_path, TEXTS)["questions"].dataset  # noqa: B018


def test_images_of_one_value_cannot_be_normalized(folder: Path, cache: Path) -> None:
    np.save(folder / "x.npy", np.full((4, 3, 2, 2), 7, dtype=np.uint8))
    np.save(folder / "y.npy", np.array([0, 1, 0, 1]))
    for name in ("test_x.npy", "test_y.npy"):
        (folder / name).write_bytes((folder / name.removeprefix("test_")).read_bytes())
    declared = read(folder, ARRAYS.replace("NHWC", "NCHW"))["mine"]
    with pytest.raises(DataError, match="Channel 1 of the training images has the value 7"):
        prepare_dataset(declared.dataset)
