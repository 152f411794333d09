"""Decodes one image with Pillow into pixels of eight bits."""

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError

from bench.errors import DataError
from bench.host.data.dataset import Array

# Formats whose decoders everybody's Pillow has, and how the names of their files end.
FORMATS = ("BMP", "GIF", "JPEG", "PNG", "PPM", "TIFF", "WEBP")
SUFFIXES = (*(".bmp", ".gif", ".jpeg", ".jpg", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp"),)
EXPECTED = f"an image that Pillow can read ({', '.join(FORMATS)})"
MODES = {1: "L", 3: "RGB"}
# Of one image as it is stored. A file of some kilobytes may say that it has a billion of them.
MOST_PIXELS = 2**26
# Pillow's modes with more than eight bits a value: converting would cut them off.
DEEP = ("I", "F")

Size = tuple[int, int]  # height, width


@contextmanager
def make_pillow_strict() -> Iterator[None]:
    """Turn Pillow's warnings about too many pixels into errors, and silence all others.

    Warnings belong to the process, not to a thread: this goes around all threads that decode.
    """
    logger, silent = logging.getLogger("PIL"), logging.NullHandler()
    # What it logs beside an error would be a second line on the terminal.
    logger.addHandler(silent)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            yield
    finally:
        logger.removeHandler(silent)


def read_size(path: Path) -> Size:
    """Read height and width from the file's header; nothing is decoded."""
    with _open(path) as image:
        return image.height, image.width


def read_image(path: Path, channels: int, size: Size | None) -> Array:
    """Read the pixels as uint8 (channels, height, width).

    Args:
        channels: 1 for shades of gray (ITU-R 601-2 luma), 3 for red, green and blue.
        size: size to which it is resized, whatever its proportions; None to leave it as it is.

    Raises:
        DataError: it is no image, is damaged, animated, too large, deeper than eight bits, or
            has transparent pixels.
    """
    with _open(path) as image:
        _check_frames(path, image)
        image.load()
        _check_values(path, image)
        flat = image.convert(MODES[channels])
        if size is not None and size != (flat.height, flat.width):
            # Pillow's filter widens where it makes smaller: every pixel has its part in the result.
            flat = flat.resize((size[1], size[0]), Image.Resampling.BILINEAR)
        pixels = np.asarray(flat, dtype=np.uint8)
    return pixels[None] if channels == 1 else pixels.transpose(2, 0, 1)


@contextmanager
def _open(path: Path) -> Iterator[Image.Image]:
    """Open an image within bounds; an error of Pillow's, here or in the block, is a DataError."""
    where = repr(str(path))
    try:
        with Image.open(path, formats=FORMATS) as image:
            if image.width * image.height > MOST_PIXELS:
                raise DataError(_too_large(where, f"{image.width:,} x {image.height:,}"))
            yield image
    except DataError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise DataError(_too_large(where, "far too many")) from error
    except UnidentifiedImageError as error:
        raise DataError(
            f"{where} is no image; expected {EXPECTED}; replace or remove it."
        ) from error
    # Pillow's parsers let out whatever they run into in a damaged file: SyntaxError, struct.error,
    # zlib.error, EOFError, KeyError and others; only some of them are an OSError.
    except Exception as error:
        reason = error.strerror if isinstance(error, OSError) else None
        words = reason or " ".join(str(error).split()) or type(error).__name__
        raise DataError(
            f"{where} cannot be read ({words}); expected {EXPECTED}; replace or remove it."
        ) from error


def _too_large(where: str, pixels: str) -> str:
    return (
        f"{where} has {pixels} pixels; expected at most {MOST_PIXELS:,}; make it smaller or "
        "remove it."
    )


def _check_frames(path: Path, image: Image.Image) -> None:
    # Cameras put a preview behind their picture (MPO): the first frame is the picture.
    if image.format != "MPO" and getattr(image, "n_frames", 1) > 1:
        raise DataError(
            f"{str(path)!r} has {getattr(image, 'n_frames', 1)} frames; expected one image in a "
            "file; save those that you want as images of their own."
        )


def _check_values(path: Path, image: Image.Image) -> None:
    if image.mode.partition(";")[0] in DEEP:
        raise DataError(
            f"{str(path)!r} has more than 8 bits a pixel (Pillow's mode {image.mode!r}); expected "
            "8 bits a channel; scale it to 0 to 255 in the way that is right for it."
        )
    if image.has_transparency_data and _least_opacity(image) < 255:
        raise DataError(
            f"{str(path)!r} has transparent pixels, whose colors nobody sees; expected opaque "
            "ones; put it on a background."
        )


def _least_opacity(image: Image.Image) -> int:
    least, _ = image.convert("RGBA").getchannel("A").getextrema()
    return int(least)  # type: ignore[arg-type]
