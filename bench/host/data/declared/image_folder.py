"""Reads a folder with a folder of images for each class, as torchvision and Keras have them."""

import os
import stat
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import compress
from pathlib import Path

import numpy as np

from bench.errors import DataError
from bench.host.data.dataset import Array, Split
from bench.host.data.declared.bounds import check_classes, check_values
from bench.host.data.declared.image_file import (
    SUFFIXES,
    Size,
    make_pillow_strict,
    read_image,
    read_size,
)
from bench.host.data.division import mark_test_samples
from bench.host.machine.description import choose_threads
from bench.spec import Samples


@dataclass(frozen=True)
class ClassImages:
    """The images of a part by class, sorted by name, classes as well."""

    images: dict[str, list[Path]]

    @property
    def paths(self) -> list[Path]:
        """All of them, class by class."""
        return [path for paths in self.images.values() for path in paths]

    @property
    def labels(self) -> Array:
        """Of each path, the place of its class."""
        return np.repeat(np.arange(len(self.images)), [len(one) for one in self.images.values()])


@dataclass(frozen=True)
class ImageFolder:
    """A declared data set of images.

    Attributes:
        train, test: folders with a folder for each class.
        test_every: where there is no `test`: of each class in `train`, every so many-th image is a
            test image.
        channels: 1 or 3.
        size: to which images are resized; None where all have one size.
    """

    train: Path
    test: Path | None
    test_every: int | None
    channels: int
    size: Size | None

    def list_files(self) -> Iterator[Path]:
        """Every image.

        Raises:
            DataError: the folders are not what they should be.
        """
        train, test = self._parts()
        yield from train.paths
        yield from test.paths if test else ()

    def describe_samples(self) -> Samples:
        """Shape and classes; without `size` the first image says the shape.

        Raises:
            DataError: the folders are not what they should be, or there is too much.
        """
        train, test = self._parts()
        with make_pillow_strict():
            size = self.size or read_size(train.paths[0])
        samples = Samples((self.channels, *size), classes=len(train.images))
        count = len(train.paths) + (len(test.paths) if test else 0)
        check_values(str(self.train), samples, count, "give a smaller size, or fewer images")
        return samples

    def read(self) -> tuple[Split, Split]:
        """The decoded images.

        Raises:
            DataError: one of them cannot be read, or has another size.
        """
        train, test = self._parts()
        if test is not None:
            return (
                self._split(train.paths, train.labels, train.paths[0]),
                self._split(test.paths, test.labels, train.paths[0]),
            )
        assert self.test_every is not None  # one of the two is there
        chosen = mark_test_samples(train.labels, self.test_every, str(self.train))
        return (
            self._split([*compress(train.paths, ~chosen)], train.labels[~chosen], train.paths[0]),
            self._split([*compress(train.paths, chosen)], train.labels[chosen], train.paths[0]),
        )

    def _parts(self) -> tuple[ClassImages, ClassImages | None]:
        train = find_images(self.train)
        check_classes(str(self.train), len(train.images))
        if self.test is None:
            return train, None
        test = find_images(self.test)
        _check_same_classes(train, test, self)
        return train, test

    def _split(self, paths: Sequence[Path], labels: Array, first: Path) -> Split:
        """The images of `paths`; where no size is given, all have that of `first`."""
        with make_pillow_strict():
            size = self.size or read_size(first)
            images = np.empty((len(paths), self.channels, *size), dtype=np.uint8)

            def decode(place: int) -> None:
                image = read_image(paths[place], self.channels, self.size)
                images[place] = _of_size(image, size, paths[place], first)

            # Threads: Pillow decodes and resizes outside of Python's lock.
            with ThreadPoolExecutor(choose_threads()) as pool:
                # The first failure, in the order of the files, ends it.
                for _ in pool.map(decode, range(len(paths))):
                    pass
        return Split(images, labels)


def find_images(folder: Path) -> ClassImages:
    """The images in the folders of a folder, by class.

    What begins with a dot is left out, and so are files beside the folders of classes, but images.

    Raises:
        DataError: the folder is not one of folders of images.
    """
    images: dict[str, list[Path]] = {}
    for entry in _entries(folder):
        if stat.S_ISDIR(_mode(entry)):
            images[entry.name] = _images_of_class(entry)
        elif entry.suffix.lower() in SUFFIXES:
            raise DataError(
                f"{str(entry)!r} is an image in no class; expected folders of images, one for each "
                "class; move it into the folder of its class, or remove it."
            )
    if not images:
        raise DataError(
            f"{str(folder)!r} has no folders; expected one for each class, with its images in it."
        )
    return ClassImages(images)


def _images_of_class(folder: Path) -> list[Path]:
    found = _entries(folder)
    for path in found:
        mode = _mode(path)
        if stat.S_ISDIR(mode):
            raise DataError(
                f"{str(path)!r} is a folder in the folder of a class; expected images only; name "
                "the folder that holds the classes, and move images of subfolders up."
            )
        if not stat.S_ISREG(mode) or path.suffix.lower() not in SUFFIXES:
            raise DataError(
                f"{str(path)!r} is no image file; expected a name that ends in "
                f"{', '.join(SUFFIXES)}; remove it."
            )
    if not found:
        raise DataError(
            f"{str(folder)!r} has no image in it; expected some of each class; remove the folder, "
            "or put its images there."
        )
    return found


def _entries(folder: Path) -> list[Path]:
    """What is in a folder, by name, but for what is hidden."""
    try:
        names = sorted(name for name in os.listdir(folder) if not name.startswith("."))
    except OSError as error:
        raise DataError(
            f"{str(folder)!r} cannot be read ({error.strerror}); expected a folder with a folder "
            "of images for each class; correct the path."
        ) from error
    return [folder / name for name in names]


def _mode(path: Path) -> int:
    """What a file is, behind links."""
    try:
        return path.stat().st_mode
    except OSError as error:
        # A link to nothing, or one that leads back to itself.
        raise DataError(
            f"{str(path)!r} cannot be read ({error.strerror}); expected an image or a folder of "
            "images; remove it."
        ) from error


def _check_same_classes(train: ClassImages, test: ClassImages, source: ImageFolder) -> None:
    for one, other, folder, lacking in (
        (train, test, source.train, source.test),
        (test, train, source.test, source.train),
    ):
        missing = [name for name in one.images if name not in other.images]
        if missing:
            raise DataError(
                f"{str(folder)!r} has the class {missing[0]!r}, which {str(lacking)!r} has not; "
                "expected the same classes in both; rename or add a folder."
            )


def _of_size(image: Array, size: Size, path: Path, first: Path) -> Array:
    if image.shape[1:] != size:
        found, expected = (" x ".join(map(str, sides)) for sides in (image.shape[1:], size))
        raise DataError(
            f"{str(path)!r} is {found} pixels (height x width) and {str(first)!r} {expected}; "
            "expected one size; add size = [height, width], to which all are then resized."
        )
    return image
