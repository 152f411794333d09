"""Whatever happens while a file is written, there is the old one or all of the new one."""

import errno
import os
import threading
from pathlib import Path

import pytest

from bench.__main__ import main
from bench.records.whole_files import write_whole

NEW = b"new" * 100_000


@pytest.fixture(params=[errno.ENOSPC, errno.EDQUOT, errno.EIO])
def reason(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Why no file can be finished any more."""

    def fail(*_: object) -> None:
        raise OSError(request.param, os.strerror(request.param))

    monkeypatch.setattr("bench.records.whole_files.os.replace", fail)
    return os.strerror(request.param)


@pytest.mark.parametrize("flushed", [True, False])
def test_the_new_file_stands_alone(tmp_path: Path, flushed: bool) -> None:
    write_whole(tmp_path / "file", NEW, flushed)
    write_whole(tmp_path / "file", NEW[1:], flushed)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
    assert (tmp_path / "file").read_bytes() == NEW[1:]


def test_a_full_disk_leaves_the_old_file_alone(tmp_path: Path, reason: str) -> None:
    (tmp_path / "file").write_bytes(b"old")
    with pytest.raises(OSError, match=reason):
        write_whole(tmp_path / "file", NEW)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
    assert (tmp_path / "file").read_bytes() == b"old"


def test_a_real_disk_that_is_full_leaves_the_old_file_alone(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"old")
    (tmp_path / f".file.{os.getpid()}.tmp").symlink_to("/dev/full")
    with pytest.raises(OSError, match="No space left on device"):
        write_whole(tmp_path / "file", NEW)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
    assert (tmp_path / "file").read_bytes() == b"old"


@pytest.mark.parametrize("target", ["there", "not-yet"])
def test_a_link_stays(tmp_path: Path, target: str) -> None:
    (tmp_path / "there").write_bytes(b"old")
    (tmp_path / "link").symlink_to(target)
    write_whole(tmp_path / "link", NEW)
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / target).read_bytes() == NEW


def test_a_link_into_no_folder_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("nowhere/file")
    with pytest.raises(FileNotFoundError):
        write_whole(tmp_path / "link", NEW)


def test_a_pipe_takes_all_of_it(tmp_path: Path) -> None:
    pipe, taken = tmp_path / "pipe", []
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: taken.append(pipe.read_bytes()))
    reader.start()
    write_whole(pipe, NEW)
    reader.join()
    assert taken == [NEW]
    assert pipe.is_fifo()


def test_a_command_leaves_the_old_tables(
    tmp_path: Path, reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "tables.json").write_bytes(b"old")
    assert main(["list", "plans", "--json", str(tmp_path / "tables.json")]) == 2
    assert f"cannot be written ({reason})" in capsys.readouterr().err
    assert (tmp_path / "tables.json").read_bytes() == b"old"
