"""Small images whose pixels tell which one they are."""

from pathlib import Path

import numpy as np
from PIL import Image

from bench.host.data.dataset import Array


def pixels(number: int, height: int = 4, width: int = 5) -> Array:
    """Noise drawn from the number, uint8 (height, width, 3)."""
    generator = np.random.default_rng(number)
    return generator.integers(0, 256, (height, width, 3), dtype=np.uint8)


def save(path: Path, number: int, height: int = 4, width: int = 5) -> Path:
    """The image of that number; the name says the format."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels(number, height, width)).save(path)
    return path


def folder_of_images(folder: Path, count: int = 3, first: int = 0) -> Path:
    """`count` images in each of the classes cat and dog, numbered from `first` on."""
    for place, name in enumerate(("cat", "dog")):
        for number in range(count):
            save(folder / name / f"{number}.png", first + place * count + number)
    return folder
