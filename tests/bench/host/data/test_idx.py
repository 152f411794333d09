import gzip
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.errors import DataError
from bench.host.data.mnist import read_idx

ARRAY = np.arange(2 * 3 * 4, dtype=np.uint8).reshape(2, 3, 4)
HEADER = bytes([0, 0, 8, 3]) + b"".join(side.to_bytes(4, "big") for side in ARRAY.shape)
CONTENT = HEADER + ARRAY.tobytes()


def written(folder: Path, content: bytes, pack: bool = True) -> Path:
    path = folder / "file.gz"
    path.write_bytes(gzip.compress(content) if pack else content)
    return path


def test_the_array_is_read(tmp_path: Path) -> None:
    assert (read_idx(written(tmp_path, CONTENT), 3) == ARRAY).all()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"\0\0\x0d\3" + CONTENT[4:], r"magic number 0x00000d03; expected 0x00000803"),
        (CONTENT[:2], "magic number 0x0000; expected"),
        (CONTENT[:10], "ends inside its header"),
        (CONTENT[:-1], r"holds 23 bytes of data; expected 24 .*\(2, 3, 4\)"),
        (CONTENT + b"\0", "holds more bytes of data; expected 24"),
        (HEADER[:4] + b"\xff" * 12, "announces .* expected at most"),
    ],
    ids=["magic", "short magic", "header", "too short", "too long", "bomb"],
)
def test_what_is_not_as_announced_is_one_line(tmp_path: Path, content: bytes, words: str) -> None:
    path = written(tmp_path, content)
    with pytest.raises(DataError, match=words) as caught:
        read_idx(path, 3)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("cut", [5, 25, -9, -1])
def test_a_truncated_gzip_is_one_line(tmp_path: Path, cut: int) -> None:
    path = written(tmp_path, gzip.compress(CONTENT)[:cut], pack=False)
    with pytest.raises(DataError, match="damaged gzip file"):
        read_idx(path, 3)


def test_what_is_no_gzip_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="damaged gzip file"):
        read_idx(written(tmp_path, b"plain text", pack=False), 3)


def test_a_missing_file_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot be read"):
        read_idx(tmp_path / "gone.gz", 3)


@given(content=st.binary(max_size=64), pack=st.booleans())
def test_no_bytes_get_past_the_reader_but_as_its_own_error(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, pack: bool
) -> None:
    path = written(tmp_path_factory.mktemp("fuzz"), content, pack)
    try:
        array = read_idx(path, 1)
    except DataError:
        return
    assert gzip.compress(content)
    assert array.tobytes() == content[8:]
