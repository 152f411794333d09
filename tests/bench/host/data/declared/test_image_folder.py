import os
import tarfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from bench.errors import DataError
from bench.host.data import dataset
from bench.host.data.cifar10 import read_subset
from bench.host.data.declared.image_folder import ImageFolder, find_images
from bench.spec import Samples
from tests.bench.host.data.declared.pictures import folder_of_images, pixels, save


def declared(folder: Path, **keys: object) -> ImageFolder:
    values = {"test": folder / "test", "test_every": None, "channels": 3, "size": None, **keys}
    return ImageFolder(train=folder / "train", **values)  # type: ignore[arg-type]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Of each class three training images, 0 to 5, and two test images, 6 to 9."""
    folder_of_images(tmp_path / "train", 3)
    folder_of_images(tmp_path / "test", 2, first=6)
    return tmp_path


def test_classes_are_numbered_by_name_and_images_come_by_name(folder: Path) -> None:
    train, test = declared(folder).read()
    assert train.labels.tolist() == [0, 0, 0, 1, 1, 1]
    assert test.labels.tolist() == [0, 0, 1, 1]
    expected = [pixels(number).transpose(2, 0, 1) for number in range(10)]
    assert (train.inputs == expected[:6]).all()
    assert (test.inputs == expected[6:]).all()
    assert train.inputs.dtype == np.uint8


def test_the_shape_is_known_without_decoding(folder: Path) -> None:
    for path in folder.glob("test/*/*"):
        path.write_bytes(b"never read")
    assert declared(folder).describe_samples() == Samples((3, 4, 5), classes=2)
    assert declared(folder, channels=1, size=(8, 9)).describe_samples() == Samples(
        (1, 8, 9), classes=2
    )


def test_every_nth_image_of_each_class_is_a_test_image(folder: Path) -> None:
    train, test = declared(folder, test=None, test_every=3).read()
    assert (train.labels.tolist(), test.labels.tolist()) == ([0, 0, 1, 1], [0, 1])
    assert (test.inputs == [pixels(number).transpose(2, 0, 1) for number in (2, 5)]).all()
    assert (train.inputs == [pixels(number).transpose(2, 0, 1) for number in (0, 1, 3, 4)]).all()


def test_no_test_image_at_all_is_refused(folder: Path) -> None:
    with pytest.raises(DataError, match="has no class of 4 samples, of which test_every = 4"):
        declared(folder, test=None, test_every=4).read()


def test_files_are_all_images_in_a_fixed_order(folder: Path) -> None:
    files = [str(path.relative_to(folder)) for path in declared(folder).list_files()]
    assert files == [
        *(f"train/{name}/{number}.png" for name in ("cat", "dog") for number in range(3)),
        *(f"test/{name}/{number}.png" for name in ("cat", "dog") for number in range(2)),
    ]


def test_hidden_files_and_files_beside_the_classes_are_left_out(folder: Path) -> None:
    for name in (".DS_Store", "cat/.DS_Store", "cat/._0.png", "LICENSE.txt"):
        (folder / "train" / name).touch()
    (folder / "train" / ".git").mkdir()
    assert sum(map(len, find_images(folder / "train").values())) == 6


def test_links_are_followed(folder: Path) -> None:
    (folder / "train" / "fox").symlink_to(folder / "test" / "cat")
    (folder / "train" / "cat" / "9.png").symlink_to(folder / "test" / "cat" / "1.png")
    images = find_images(folder / "train")
    assert [len(one) for one in images.values()] == [4, 3, 2]


COMPOSED, DECOMPOSED = "caf\u00e9", "cafe\u0301"


def test_classes_that_look_alike_are_shown_by_their_code_points(folder: Path) -> None:
    (folder / "train" / "cat").rename(folder / "train" / COMPOSED)
    (folder / "test" / "cat").rename(folder / "test" / DECOMPOSED)
    with pytest.raises(DataError) as caught:
        declared(folder).read()
    assert r"the class 'cafe\u0301' (it only looks like 'caf\xe9'), which" in str(caught.value)


def test_two_classes_that_are_one_text_are_refused(folder: Path) -> None:
    (folder / "train" / "cat").rename(folder / "train" / COMPOSED)
    (folder / "train" / "dog").rename(folder / "train" / DECOMPOSED)
    with pytest.raises(DataError, match="which look the same") as caught:
        declared(folder).read()
    assert r"the classes 'cafe\u0301' and 'caf\xe9'" in str(caught.value)


def test_a_path_that_only_looks_like_one_that_is_there_is_shown_so(folder: Path) -> None:
    (folder / DECOMPOSED).mkdir()
    source = ImageFolder(folder / COMPOSED / "train", None, 2, 3, None)
    with pytest.raises(DataError) as caught:
        source.read()
    assert r"'caf\xe9' is not 'cafe\u0301', which is there" in str(caught.value)


def test_names_may_end_in_capitals(folder: Path) -> None:
    (folder / "train" / "cat" / "0.png").rename(folder / "train" / "cat" / "0.PNG")
    assert declared(folder).read()[0].labels.tolist() == [0, 0, 0, 1, 1, 1]


def test_images_of_other_sizes_are_resized_only_where_asked(folder: Path) -> None:
    odd = save(folder / "test" / "dog" / "0.png", 1, 6, 7)
    with pytest.raises(DataError, match=r"is 6 x 7 pixels .*expected one size; add") as caught:
        declared(folder).read()
    assert str(odd) in str(caught.value)
    assert str(folder / "train" / "cat" / "0.png") in str(caught.value)
    assert "4 x 5" in str(caught.value)
    train, test = declared(folder, size=(3, 2)).read()
    assert train.inputs.shape == (6, 3, 3, 2)
    assert test.inputs.shape == (4, 3, 3, 2)


def test_the_first_damaged_image_in_order_is_named(folder: Path) -> None:
    for name in ("dog/2.png", "cat/2.png"):
        path = folder / "train" / name
        path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(DataError, match=r"train/cat/2\.png' cannot be read"):
        declared(folder).read()


def remove_all(folder: Path) -> None:
    for path in folder.iterdir():
        path.unlink()


def remove_folder(folder: Path) -> None:
    remove_all(folder)
    folder.rmdir()


@pytest.mark.parametrize("spoil", [remove_all, remove_folder])
def test_a_test_part_may_lack_a_class(folder: Path, spoil: Callable[[Path], None]) -> None:
    spoil(folder / "test" / "cat")
    source = declared(folder)
    assert source.describe_samples() == Samples((3, 4, 5), classes=2)
    train, test = source.read()
    assert train.labels.tolist() == [0, 0, 0, 1, 1, 1]
    # Dogs have their number from training, where cats come first.
    assert test.labels.tolist() == [1, 1]
    assert (test.inputs == [pixels(number).transpose(2, 0, 1) for number in (8, 9)]).all()


def test_a_class_may_have_training_images_alone(folder: Path) -> None:
    save(folder / "train" / "bee" / "0.png", 1)
    train, test = declared(folder).read()
    assert train.labels.tolist() == [0, 1, 1, 1, 2, 2, 2]
    assert test.labels.tolist() == [1, 1, 2, 2]


def loop(folder: Path) -> None:
    (folder / "train" / "fox").symlink_to("fox")


def loop_of_folders(folder: Path) -> None:
    (folder / "train" / "fox").symlink_to("..")


def fifo(folder: Path) -> None:
    os.mkfifo(folder / "train" / "cat" / "x.png")


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda folder: (folder / "train").rename(folder / "x"), "train' cannot be read .No such"),
        (lambda folder: (folder / "test").rename(folder / "x"), "test' cannot be read .No such"),
        (lambda folder: (folder / "train" / "fox").mkdir(), "fox' has no image in it"),
        (lambda folder: remove_all(folder / "train" / "cat"), "cat' has no image in it"),
        (
            lambda folder: (folder / "train" / "cat").rename(folder / "cat"),
            "train' has 1 class; expected 2 to 1,000,000",
        ),
        (
            lambda folder: list(map(remove_all, (folder / "test").iterdir())),
            "test' has no image in the folders of its classes",
        ),
        (
            lambda folder: (folder / "test" / "fox").mkdir(),
            "test' has the class 'fox', which .*train' has not",
        ),
        (
            lambda folder: save(folder / "test" / "fox" / "0.png", 1),
            "test' has the class 'fox', which .*train' has not",
        ),
        (
            lambda folder: (folder / "train" / "cat" / "Thumbs.db").touch(),
            r"Thumbs\.db' is no image file; expected a name that ends in \.bmp",
        ),
        (
            lambda folder: (folder / "test" / "cat" / "notes.txt").touch(),
            r"notes\.txt' is no image file",
        ),
        (lambda folder: save(folder / "train" / "0.png", 1), r"0\.png' is an image in no class"),
        (
            lambda folder: save(folder / "train" / "cat" / "more" / "0.png", 1),
            "more' is a folder in the folder of a class",
        ),
        (loop, "fox' cannot be read .Too many levels of symbolic links"),
        (loop_of_folders, "fox/.*' is a folder in the folder of a class"),
        (
            lambda folder: (folder / "train" / "cat" / "x.png").symlink_to("gone"),
            r"x\.png' cannot be read .No such file",
        ),
        (fifo, r"x\.png' is no image file"),
    ],
)
def test_a_folder_that_is_none_of_classes_is_one_line(
    folder: Path, spoil: Callable[[Path], object], words: str
) -> None:
    spoil(folder)
    source = declared(folder)
    for look in (lambda: list(source.list_files()), source.describe_samples, source.read):
        with pytest.raises(DataError, match=words) as caught:
            look()
        assert "\n" not in str(caught.value)


def test_the_folder_above_is_told_from_that_of_the_classes(folder: Path) -> None:
    with pytest.raises(DataError, match="name the folder that holds the classes"):
        find_images(folder)


def test_a_folder_without_folders_is_refused(folder: Path) -> None:
    with pytest.raises(DataError, match="is an image in no class"):
        find_images(folder / "train" / "cat")
    (folder / "empty").mkdir()
    with pytest.raises(DataError, match="empty' has no folders; expected one for each class"):
        find_images(folder / "empty")


def test_a_file_is_no_folder(folder: Path) -> None:
    with pytest.raises(DataError, match="Not a directory"):
        find_images(folder / "train" / "cat" / "0.png")


def test_a_name_of_odd_characters_is_still_one_line(folder: Path) -> None:
    name = os.fsdecode(b"\xff\n.png")
    (folder / "train" / "cat" / name).write_bytes(b"none")
    with pytest.raises(DataError, match="is no image") as caught:
        declared(folder).read()
    assert "\n" not in str(caught.value)
    assert str(caught.value).encode("utf-8")


def test_too_much_is_refused_before_it_is_read(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(DataError, match=r"samples of 3 x 1,000 x 1,000 values; expected 1 to"):
        declared(folder, size=(1000, 1000)).describe_samples()
    monkeypatch.setattr(dataset, "MOST_VALUES_OF_ALL", 599)
    with pytest.raises(DataError, match="10 samples of 3 x 4 x 5 values; expected 1 to 599 in all"):
        declared(folder).describe_samples()


def test_jpegs_of_cifar10_are_its_images(real_data: Path, tmp_path: Path) -> None:
    with tarfile.open(real_data / "cifar10-jpeg" / "cifar10_jpeg.tar.gz") as archive:
        members = [one for one in archive.getmembers() if one.name.startswith("test/")]
        archive.extractall(tmp_path, members, filter="data")
    (tmp_path / "test").rename(tmp_path / "train")
    train, test = declared(tmp_path, test=None, test_every=1_000).read()
    assert np.bincount(train.labels).tolist() == [999] * 10
    assert np.bincount(test.labels).tolist() == [1] * 10

    # Within a class they are numbered in the order of the set, whose first 1,000 are here as well.
    _, published = read_subset()
    for label in range(10):
        expected = published.inputs[published.labels == label].astype(float)
        found = train.inputs[train.labels == label][: len(expected)]
        errors = ((found - expected) ** 2).mean(axis=(1, 2, 3))
        others = ((np.roll(found, 1, axis=0) - expected) ** 2).mean(axis=(1, 2, 3))
        # JPEG lost something, but never as much as the image before is away.
        assert errors.mean() < 100
        assert (errors < others).all()
