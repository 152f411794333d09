"""Reads a folder with a folder of images for each class, as torchvision and Keras have them."""

import os
import stat
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bench.errors import DataError, quote_name
from bench.host.data.dataset import Array, Split, check_class_names, check_values, complete_parts
from bench.host.data.declared.image_file import (
    SUFFIXES,
    Size,
    make_pillow_strict,
    read_image,
    read_size,
)
from bench.host.data.files import explain_unreadable
from bench.host.machine.description import choose_threads
from bench.spec import Samples

# The images of each class, sorted by name, classes as well.
ClassImages = dict[str, list[Path]]


@dataclass(frozen=True)
class ImageFolder:
    """A declared data set of images.

    Attributes:
        train, test: folders with a folder for each class.
        test_every: number of images of a class in `train` from one test image to the next, where
            there is no `test`.
        channels: 1 or 3.
        size: size to which images are resized; None where all have one size.
    """

    train: Path
    test: Path | None
    test_every: int | None
    channels: int
    size: Size | None

    def list_files(self) -> Iterator[Path]:
        """List every image."""
        _, train, test = self._find_images()
        yield from train.inputs
        yield from test.inputs if test else ()

    def describe_samples(self) -> Samples:
        """Describe shape and classes; without `size` the first image says the shape."""
        classes, train, test = self._find_images()
        samples = Samples((self.channels, *self._find_size(train.inputs[0])), classes)
        count = len(train.inputs) + (len(test.inputs) if test else 0)
        check_values(str(self.train), samples, count, "give a smaller size, or fewer images")
        return samples

    def read(self) -> tuple[Split, Split]:
        """Read and decode the images."""
        _, whole, test = self._find_images()
        parts = complete_parts(whole, test, self.test_every, str(self.train))
        train, test = (self._decode(part, whole.inputs[0]) for part in parts)
        return train, test

    def _find_images(self) -> tuple[int, Split, Split | None]:
        """Find the number of classes, and the paths with the places of their classes."""
        train = find_images(self.train)
        for name, paths in train.items():
            if not paths:
                raise DataError(
                    f"{str(self.train / name)!r} has no image in it; expected some of each class; "
                    "remove the folder, or put its images there."
                )
        check_class_names(str(self.train), train)
        if self.test is None:
            return len(train), _to_split(train, train), None
        test = find_images(self.test)
        _check_classes_of_test(test, self.test, train, self.train)
        return len(train), _to_split(train, train), _to_split(test, train)

    def _find_size(self, first: Path) -> Size:
        with make_pillow_strict():
            return self.size or read_size(first)

    def _decode(self, part: Split, first: Path) -> Split:
        """Decode the images of paths; where no size is given, all have that of `first`."""
        size = self._find_size(first)
        images = np.empty((len(part.inputs), self.channels, *size), dtype=np.uint8)

        def decode(place: int) -> None:
            path = part.inputs[place]
            image = read_image(path, self.channels, self.size)
            _check_size(image, size, path, first)
            images[place] = image

        # Threads: Pillow decodes and resizes outside of Python's lock.
        with make_pillow_strict(), ThreadPoolExecutor(choose_threads()) as pool:
            # The first failure, in the order of the files, ends it.
            for _ in pool.map(decode, range(len(images))):
                pass
        return Split(images, part.labels)


def find_images(folder: Path) -> ClassImages:
    """Find the images in the folders of a folder, by class.

    Names that begin with a dot are left out, and so are files beside the folders of classes; an
    image there is an error.
    """
    images: ClassImages = {}
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
    return images


def _images_of_class(folder: Path) -> list[Path]:
    paths = _entries(folder)
    for path in paths:
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
    return paths


def _entries(folder: Path) -> list[Path]:
    expected = "expected a folder with a folder of images for each class; correct the path."
    with explain_unreadable(repr(str(folder)), expected):
        names = sorted(name for name in os.listdir(folder) if not name.startswith("."))
    return [folder / name for name in names]


def _mode(path: Path) -> int:
    # It may be a link to nothing, or one that leads back to itself.
    expected = "expected an image or a folder of images; remove it."
    with explain_unreadable(repr(str(path)), expected):
        return path.stat().st_mode


def _to_split(images: ClassImages, classes: Iterable[str]) -> Split:
    """Return the paths, and for each the place of its class among those of training."""
    places = {name: place for place, name in enumerate(classes)}
    paths = np.array([path for paths in images.values() for path in paths], dtype=object)
    labels = [places[name] for name, paths in images.items() for _ in paths]
    return Split(paths, np.array(labels))


def _check_classes_of_test(
    test: ClassImages, folder: Path, train: ClassImages, lacking: Path
) -> None:
    """A test part may lack classes, not have one that nobody was trained on."""
    new = [name for name in test if name not in train]
    if new:
        raise DataError(
            f"{str(folder)!r} has the class {quote_name(new[0], train)}, which "
            f"{str(lacking)!r} has not; expected classes of the training images; "
            "rename the folder, or add one there."
        )
    if not any(test.values()):
        raise DataError(
            f"{str(folder)!r} has no image in the folders of its classes; expected some; put them "
            "there, or take every N-th training image for the test (test_every = N)."
        )


def _check_size(image: Array, size: Size, path: Path, first: Path) -> None:
    if image.shape[1:] != size:
        actual, expected = (" x ".join(map(str, sides)) for sides in (image.shape[1:], size))
        raise DataError(
            f"{str(path)!r} is {actual} pixels (height x width) and {str(first)!r} {expected}; "
            "expected one size; add size = [height, width], to which all are then resized."
        )
