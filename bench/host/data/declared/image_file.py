"""Decodes one image with Pillow into pixels of eight bits."""

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from PIL import Image, PngImagePlugin, TiffImagePlugin, UnidentifiedImageError

from bench.errors import DataError
from bench.host.data.dataset import Array

# Formats whose decoders everybody's Pillow has, and how the names of their files end.
FORMATS = ("BMP", "GIF", "JPEG", "PNG", "PPM", "TIFF", "WEBP")
SUFFIXES = (*(".bmp", ".gif", ".jpeg", ".jpg", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp"),)
EXPECTED = f"an image that Pillow can read ({', '.join(FORMATS)})"
MODES = {1: "L", 3: "RGB"}
# Of one image as it is stored. A file of some kilobytes may say that it has a billion of them.
MOST_PIXELS = 2**26
# Pillow's modes with more than eight bits a value: converting would cut them off. Colors of more
# bits have no mode of their own: decoding cuts them off.
DEEP = ("I", "F")
# Pillow gives up at a MiB of metadata in a PNG, which some programs go beyond.
MOST_METADATA = 2**26

# TIFF's number for whole numbers from 0 on.
UNSIGNED = 1

Size = tuple[int, int]  # height, width


@contextmanager
def make_pillow_strict() -> Iterator[None]:
    """Turn Pillow's warnings about too many pixels into errors, and silence all others.

    Metadata may be large meanwhile. Warnings and limits belong to the process, not to a thread:
    this goes around all threads that decode.
    """
    logger, silent = logging.getLogger("PIL"), logging.NullHandler()
    most_metadata = PngImagePlugin.MAX_TEXT_CHUNK
    PngImagePlugin.MAX_TEXT_CHUNK = MOST_METADATA
    # What it logs beside an error would be a second line on the terminal.
    logger.addHandler(silent)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            yield
    finally:
        PngImagePlugin.MAX_TEXT_CHUNK = most_metadata
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
            has transparent pixels or further channels.
    """
    with _open(path) as image:
        _check_frames(path, image)
        _check_depth(path, image)
        image.load()
        _check_opacity(path, image)
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
            f"{where} is no image that Pillow can read; expected {', '.join(FORMATS)} of 8 bits a "
            "channel; save it as one of these, or remove it."
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


def _check_depth(path: Path, image: Image.Image) -> None:
    """Refuse what decoding would cut off, before it does."""
    where = repr(str(path))
    if image.mode.partition(";")[0] in DEEP:
        values = f"more than 8 bits a pixel (Pillow's mode {image.mode!r})"
        raise DataError(_too_deep(where, values))
    samples, bits, kinds = _describe_channels(image)
    if bits > 8:
        raise DataError(_too_deep(where, f"{bits} bits a channel"))
    if kinds - {UNSIGNED}:
        raise DataError(_too_deep(where, "values that are no whole numbers from 0 on"))
    if samples > len(image.getbands()):
        raise DataError(
            f"{where} has {samples} channels, of which Pillow reads {len(image.getbands())}; "
            "expected shades of gray, or red, green and blue; save those that you want."
        )


def _describe_channels(image: Image.Image) -> tuple[int, int, set[int]]:
    """Return the file's number of channels, the most bits of one, and what TIFF calls its values.

    Pillow's own names for what it decodes: RGB;16B in PNG; in PPM the largest value goes with it.
    """
    if isinstance(image, TiffImagePlugin.TiffImageFile):
        tags = image.tag_v2
        bits = max(tags.get(TiffImagePlugin.BITSPERSAMPLE, (1,)))
        kinds = set(tags.get(TiffImagePlugin.SAMPLEFORMAT, (UNSIGNED,)))
        return tags.get(TiffImagePlugin.SAMPLESPERPIXEL, 1), bits, kinds
    bits = 8
    for tile in getattr(image, "tile", ()):
        raw, *more = (tile.args,) if isinstance(tile.args, str) else tile.args or ("",)
        if image.format == "PNG" and ";16" in str(raw):
            bits = 16
        elif tile.codec_name.startswith("ppm") and more:
            bits = max(bits, int(more[0]).bit_length())
    return len(image.getbands()), bits, {UNSIGNED}


def _too_deep(where: str, values: str) -> str:
    return (
        f"{where} has {values}; expected 8 bits a channel; scale it to 0 to 255 in the way that is "
        "right for it."
    )


def _check_opacity(path: Path, image: Image.Image) -> None:
    if image.has_transparency_data and _least_opacity(image) < 255:
        raise DataError(
            f"{str(path)!r} has transparent pixels, whose colors nobody sees; expected opaque "
            "ones; put it on a background."
        )


def _least_opacity(image: Image.Image) -> int:
    least, _ = image.convert("RGBA").getchannel("A").getextrema()
    return int(least)  # type: ignore[arg-type]
