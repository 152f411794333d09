import os
import pwd
import tempfile
import threading
from pathlib import Path
from time import monotonic

import pytest
from filelock import FileLock, Timeout

from bench.errors import ResultsError
from bench.host.cache import lock_entry, turn
from bench.records.cache_folder import get_cache_folder


def test_the_cache_is_where_the_user_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "/somewhere")
    monkeypatch.delenv("SAMESTEP_CACHE", raising=False)
    assert get_cache_folder() == Path("/somewhere/samestep")
    monkeypatch.setenv("SAMESTEP_CACHE", "/elsewhere")
    assert get_cache_folder() == Path("/elsewhere")


def test_without_a_home_that_can_be_written_the_cache_is_among_temporary_files(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("SAMESTEP_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert get_cache_folder() == tmp_path / ".cache" / "samestep"
    temporary = Path(tempfile.gettempdir()) / f"samestep-{os.getuid()}"
    monkeypatch.setenv("HOME", "/dev/null/home")
    assert get_cache_folder() == temporary
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert get_cache_folder() == temporary


def test_a_user_whom_the_system_does_not_know_has_a_cache(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("SAMESTEP_CACHE", "XDG_CACHE_HOME", "HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(os, "getuid", lambda: 54321)
    monkeypatch.setattr(pwd, "getpwuid", {}.__getitem__)
    assert get_cache_folder() == Path(tempfile.gettempdir()) / "samestep-54321"


def test_what_fails_under_the_lock_of_an_entry_is_the_caches_failure(cache: Path) -> None:
    with pytest.raises(ResultsError, match="No space left"), lock_entry(cache / "data" / "x"):
        raise OSError(28, "No space left on device")


def test_what_fails_in_a_turn_is_not_the_caches_failure(cache: Path) -> None:
    with pytest.raises(OSError, match="elsewhere"), turn("measuring"):
        raise OSError(28, "No space left elsewhere")


def test_a_cache_that_is_a_file_is_one_line(cache: Path) -> None:
    cache.parent.mkdir(exist_ok=True)
    cache.touch()
    for context in (lock_entry(cache / "data" / "x"), turn("measuring")):
        with pytest.raises(ResultsError, match="SAMESTEP_CACHE"), context:
            pass


def test_turns_are_taken_one_after_the_other_and_the_wait_is_told(
    cache: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    inside: list[int] = []
    most: list[int] = []

    def work(number: int) -> None:
        with turn("measuring"):
            inside.append(number)
            most.append(len(inside))
            inside.remove(number)

    with turn("measuring"):
        threads = [threading.Thread(target=work, args=(number,)) for number in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(0.2)
        assert not most
    for thread in threads:
        thread.join()
    assert most == [1, 1, 1]
    assert "Waiting for another run (measuring) ..." in capsys.readouterr().err


def test_who_waits_goes_before_who_has_just_been_in(cache: Path) -> None:
    order: list[str] = []
    waits = threading.Event()

    def wait() -> None:
        waits.set()
        with turn("measuring"):
            order.append("who waited")

    waiting = threading.Thread(target=wait)
    with turn("measuring"):
        order.append("first")
        waiting.start()
        waits.wait()
        # Until it stands before the door: there is no other sign of that than that nobody else can.
        door = FileLock(get_cache_folder() / "next" / "measuring.lock")
        deadline = monotonic() + 30
        while _can_be_taken(door):
            assert monotonic() < deadline, "nobody stands there"
    with turn("measuring"):
        order.append("first again")
    waiting.join()
    assert order == ["first", "who waited", "first again"]


def _can_be_taken(lock: FileLock) -> bool:
    try:
        with lock.acquire(blocking=False):
            return True
    except Timeout:
        return False
