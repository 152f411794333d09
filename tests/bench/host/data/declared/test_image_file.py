import re
import struct
import warnings
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from bench.errors import DataError
from bench.host.data.declared import image_file
from bench.host.data.declared.image_file import make_pillow_strict, read_image, read_size
from tests.bench.host.data.declared.pictures import pixels, save


def refused(path: Path, words: str) -> None:
    with make_pillow_strict(), pytest.raises(DataError, match=words) as caught:
        read_image(path, 3, None)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("suffix", ["bmp", "png", "ppm", "tif"])
def test_pixels_come_out_as_they_went_in_channels_first(tmp_path: Path, suffix: str) -> None:
    path = save(tmp_path / f"x.{suffix}", 1)
    assert read_size(path) == (4, 5)
    image = read_image(path, 3, None)
    assert image.dtype == np.uint8
    assert (image == pixels(1).transpose(2, 0, 1)).all()


@pytest.mark.parametrize("suffix", ["jpg", "webp", "gif"])
def test_other_formats_are_as_pillow_decodes_them(tmp_path: Path, suffix: str) -> None:
    path = save(tmp_path / f"x.{suffix}", 1, 16, 24)
    expected = np.asarray(Image.open(path).convert("RGB")).transpose(2, 0, 1)
    assert (read_image(path, 3, None) == expected).all()


def test_grey_is_the_luma_of_itu_r_601_2(tmp_path: Path) -> None:
    found = read_image(save(tmp_path / "x.png", 2), 1, None)
    assert found.shape == (1, 4, 5)
    assert np.abs(found[0] - pixels(2) @ [0.299, 0.587, 0.114]).max() <= 1


def test_grey_images_have_three_equal_channels(tmp_path: Path) -> None:
    gray = pixels(3)[:, :, 0]
    Image.fromarray(gray).save(tmp_path / "x.png")
    assert (read_image(tmp_path / "x.png", 3, None) == gray).all()


def test_half_the_size_is_a_filter_of_all_pixels_and_keeps_even_areas(tmp_path: Path) -> None:
    # Triangles two pixels to each side: 1, 3, 3 and 1 of 8 where none is beyond the edge.
    row = np.array([0, 0, 80, 160, 80, 0, 0, 0], dtype=np.uint8)
    image = np.repeat(np.tile(row, (8, 1))[:, :, None], 3, axis=2)
    Image.fromarray(image).save(tmp_path / "x.png")
    found = read_image(tmp_path / "x.png", 3, (8, 4))
    assert found.shape == (3, 8, 4)
    assert found[0, 4, 1] == round((0 * 1 + 80 * 3 + 160 * 3 + 80 * 1) / 8)
    assert found[0, 4, 2] == round((160 * 1 + 80 * 3 + 0 * 3 + 0 * 1) / 8)


def test_size_is_height_and_width(tmp_path: Path) -> None:
    assert read_image(save(tmp_path / "x.png", 1, 20, 10), 3, (6, 8)).shape == (3, 6, 8)


def test_a_palette_is_colours(tmp_path: Path) -> None:
    image = Image.fromarray(pixels(1)).quantize(256)
    image.save(tmp_path / "x.png")
    assert Image.open(tmp_path / "x.png").mode == "P"
    expected = np.asarray(image.convert("RGB")).transpose(2, 0, 1)
    assert (read_image(tmp_path / "x.png", 3, None) == expected).all()


def test_the_inks_of_a_printer_are_colours(tmp_path: Path) -> None:
    Image.new("CMYK", (5, 4), (255, 0, 0, 0)).save(tmp_path / "x.tif")
    assert (read_image(tmp_path / "x.tif", 3, None)[:, 0, 0] == [0, 255, 255]).all()


def test_how_a_camera_was_held_is_ignored(tmp_path: Path) -> None:
    turned = Image.Exif()
    turned[0x0112] = 6  # a quarter to the right
    Image.fromarray(pixels(1)).save(tmp_path / "x.png", exif=turned)
    assert read_image(tmp_path / "x.png", 3, None).shape == (3, 4, 5)


def test_opaque_alpha_is_left_out(tmp_path: Path) -> None:
    opaque = np.dstack([pixels(1), np.full((4, 5), 255, dtype=np.uint8)])
    Image.fromarray(opaque).save(tmp_path / "x.png")
    assert Image.open(tmp_path / "x.png").mode == "RGBA"
    assert (read_image(tmp_path / "x.png", 3, None) == pixels(1).transpose(2, 0, 1)).all()


def test_transparent_pixels_are_refused(tmp_path: Path) -> None:
    alpha = np.full((4, 5), 255, dtype=np.uint8)
    alpha[2, 2] = 254
    Image.fromarray(np.dstack([pixels(1), alpha])).save(tmp_path / "x.png")
    refused(tmp_path / "x.png", "has transparent pixels")


def test_a_transparent_colour_of_a_palette_is_refused(tmp_path: Path) -> None:
    Image.fromarray(pixels(1)).quantize(8).save(tmp_path / "x.png", transparency=0)
    refused(tmp_path / "x.png", "has transparent pixels")


@pytest.mark.parametrize("kind", ["uint16", "int32", "float32"])
def test_more_than_eight_bits_are_refused(tmp_path: Path, kind: str) -> None:
    Image.fromarray(pixels(1)[:, :, 0].astype(kind)).save(tmp_path / "x.tif")
    refused(tmp_path / "x.tif", "has more than 8 bits a pixel")


# Channels and PNG's number for gray, colors, gray with alpha, colors with alpha.
PNG_KINDS = {"L": (1, 0), "RGB": (3, 2), "LA": (2, 4), "RGBA": (4, 6)}


@pytest.mark.parametrize("kind", PNG_KINDS)
def test_a_png_of_sixteen_bits_is_refused(tmp_path: Path, kind: str) -> None:
    channels, number = PNG_KINDS[kind]
    rows = b"".join(b"\0" + b"\xff" * (2 * channels * 5) for _ in range(4))
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 5, 4, 16, number, 0, 0, 0))
    content = chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    (tmp_path / "x.png").write_bytes(b"\x89PNG\r\n\x1a\n" + header + content)
    refused(tmp_path / "x.png", "8 bits a pixel" if kind == "L" else "has 16 bits a channel")


@pytest.mark.parametrize(
    ("start", "words"),
    [
        (b"P6 5 4 65535\n", "has 16 bits a channel"),
        (b"P6 5 4 256\n", "has 9 bits a channel"),
        (b"P5 5 4 65535\n", "has more than 8 bits a pixel"),
        (b"Pf 5 4 -1.0\n", "has more than 8 bits a pixel"),
        (b"PF 5 4 -1.0\n", "expected BMP, .* of 8 bits a channel"),
    ],
)
def test_deeper_portable_images_are_refused(tmp_path: Path, start: bytes, words: str) -> None:
    (tmp_path / "x.ppm").write_bytes(start + bytes(240))
    refused(tmp_path / "x.ppm", words)
    (tmp_path / "x.ppm").write_bytes(b"P3 5 4 1023\n" + b"1000 " * 60)
    refused(tmp_path / "x.ppm", "has 10 bits a channel")


def test_fewer_bits_than_eight_are_shades_of_all(tmp_path: Path) -> None:
    (tmp_path / "x.ppm").write_bytes(b"P6 5 4 15\n" + b"\x0f" * 60)
    assert (read_image(tmp_path / "x.ppm", 3, None) == 255).all()
    Image.fromarray(pixels(1)).convert("1").save(tmp_path / "x.png")
    assert set(np.unique(read_image(tmp_path / "x.png", 3, None))) == {0, 255}


def tiff(path: Path, channels: int, **tags: list[int]) -> Path:
    """A TIFF of 5 x 4 pixels; tags by their numbers, and what Pillow itself never writes."""
    bits = tags.get("t258", [8] * channels)
    values = {256: [5], 257: [4], 258: bits, 259: [1], 262: [2 if channels > 2 else 1]}
    values |= {277: [channels], 278: [4], 279: [20 * sum(bits) // 8]}
    values |= {int(name[1:]): value for name, value in tags.items()}
    values[273] = [512] * len(values[279])
    entries, longer = b"", b""
    for number, numbers in sorted(values.items()):
        content = struct.pack(f"<{len(numbers)}H", *numbers)
        if len(content) > 4:
            place = struct.pack("<I", 256 + len(longer))
            longer, content = longer + content, place
        entries += struct.pack("<HHI", number, 3, len(numbers)) + content.ljust(4, b"\0")
    start = b"II*\0" + struct.pack("<IH", 8, len(values)) + entries
    pixels_of_it = bytes([200] * (20 * sum(bits) // 8))
    path.write_bytes((start.ljust(256, b"\0") + longer).ljust(512, b"\0") + pixels_of_it)
    return path


def test_a_tiff_of_these_tests_is_one(tmp_path: Path) -> None:
    assert (read_image(tiff(tmp_path / "x.tif", 3), 3, None) == 200).all()


@pytest.mark.parametrize(
    ("channels", "tags", "words"),
    [
        (3, {"t258": [16] * 3}, "has 16 bits a channel"),
        (4, {"t258": [16] * 4, "t338": [2]}, "has 16 bits a channel"),
        (4, {"t258": [16] * 4, "t262": [5]}, "has 16 bits a channel"),
        # Of each channel a plane of its own.
        (3, {"t258": [16] * 3, "t284": [2], "t279": [40] * 3}, "has 16 bits a channel"),
        (1, {"t258": [12], "t279": [30]}, "has more than 8 bits a pixel"),
        (3, {"t258": [32] * 3, "t339": [3] * 3}, "expected BMP, .* of 8 bits a channel"),
        (1, {"t339": [2]}, "has values that are no whole numbers from 0 on"),
        (4, {"t338": [0]}, "has 4 channels, of which Pillow reads 3"),
        (5, {"t338": [0, 0]}, "has 5 channels, of which Pillow reads 3"),
        (2, {"t338": [0]}, "has 2 channels, of which Pillow reads 1"),
    ],
)
def test_no_value_of_a_tiff_is_cut_off_or_left_out(
    tmp_path: Path, channels: int, tags: dict[str, list[int]], words: str
) -> None:
    refused(tiff(tmp_path / "x.tif", channels, **tags), words)


def test_a_jpeg_of_twelve_bits_is_refused(tmp_path: Path) -> None:
    content = bytearray(save(tmp_path / "x.jpg", 1).read_bytes())
    content[content.index(b"\xff\xc0") + 4] = 12
    (tmp_path / "x.jpg").write_bytes(content)
    refused(tmp_path / "x.jpg", "expected BMP, .* of 8 bits a channel")


def test_metadata_may_be_large(tmp_path: Path) -> None:
    about = PngImagePlugin.PngInfo()
    about.add_text("history", "a" * 2**21, zip=True)
    Image.fromarray(pixels(1)).save(tmp_path / "x.png", pnginfo=about)
    before = PngImagePlugin.MAX_TEXT_CHUNK
    with make_pillow_strict():
        assert (read_image(tmp_path / "x.png", 3, None) == pixels(1).transpose(2, 0, 1)).all()
    assert before == PngImagePlugin.MAX_TEXT_CHUNK < 2**21


@pytest.mark.parametrize("suffix", ["gif", "png", "tif", "webp"])
def test_several_frames_are_refused(tmp_path: Path, suffix: str) -> None:
    first, second = (Image.fromarray(pixels(number)) for number in (1, 2))
    first.save(tmp_path / f"x.{suffix}", save_all=True, append_images=[second])
    refused(tmp_path / f"x.{suffix}", "has 2 frames; expected one image")


def test_a_cameras_preview_is_no_frame(tmp_path: Path) -> None:
    first, second = (Image.fromarray(pixels(number, 16, 16)) for number in (1, 2))
    first.save(tmp_path / "x.jpg", format="MPO", save_all=True, append_images=[second])
    assert Image.open(tmp_path / "x.jpg").format == "MPO"
    expected = np.asarray(Image.open(tmp_path / "x.jpg").convert("RGB")).transpose(2, 0, 1)
    assert (read_image(tmp_path / "x.jpg", 3, None) == expected).all()


@pytest.mark.parametrize("suffix", ["bmp", "gif", "jpg", "png", "ppm", "tif", "webp"])
def test_a_truncated_image_is_refused(tmp_path: Path, suffix: str) -> None:
    path = save(tmp_path / f"x.{suffix}", 1, 64, 64)
    path.write_bytes(path.read_bytes()[:-100])
    refused(path, "cannot be read|is no image")


@pytest.mark.parametrize("content", [b"", b"<svg/>", b"not an image at all", b"\x89PNG\r\n\x1a\n"])
def test_what_is_no_image_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.png"
    path.write_bytes(content)
    refused(path, "is no image|cannot be read")


def test_formats_of_other_programs_are_refused(tmp_path: Path) -> None:
    # PostScript is a program, which Pillow would have Ghostscript run.
    Image.fromarray(pixels(1)).save(tmp_path / "x.png", format="EPS")
    refused(tmp_path / "x.png", "is no image")


def test_a_missing_image_is_refused(tmp_path: Path) -> None:
    refused(tmp_path / "x.png", r"cannot be read \(No such file or directory\)")


def chunk(kind: bytes, content: bytes) -> bytes:
    body = kind + content
    return struct.pack(">I", len(content)) + body + struct.pack(">I", zlib.crc32(body))


@pytest.mark.parametrize(("side", "words"), [(9_000, "9,000 x 9,000"), (60_000, "far too many")])
def test_a_bomb_is_refused_by_its_header(tmp_path: Path, side: int, words: str) -> None:
    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    path = tmp_path / "x.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IEND", b""))
    refused(path, f"has {words} pixels; expected at most 67,108,864")


def test_pillows_own_warning_is_our_refusal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 19)
    refused(save(tmp_path / "x.png", 1), "has far too many pixels")


def test_the_limit_is_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(image_file, "MOST_PIXELS", 20)
    read_image(save(tmp_path / "x.png", 1, 4, 5), 3, None)
    refused(save(tmp_path / "y.png", 1, 7, 3), re.escape("has 3 x 7 pixels; expected at most 20"))


def test_warnings_are_as_before_afterwards() -> None:
    before = list(warnings.filters)
    with make_pillow_strict():
        pass
    assert list(warnings.filters) == before
