import threading
from pathlib import Path

import pytest

from bench.errors import ResultsError
from bench.host.cache import cache_folder, locked, turn


def test_the_cache_is_where_the_user_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "/somewhere")
    monkeypatch.delenv("SAMESTEP_CACHE", raising=False)
    assert cache_folder() == Path("/somewhere/samestep")
    monkeypatch.setenv("SAMESTEP_CACHE", "/elsewhere")
    assert cache_folder() == Path("/elsewhere")


def test_what_fails_under_the_lock_of_an_entry_is_the_caches_failure(cache: Path) -> None:
    with pytest.raises(ResultsError, match="No space left"), locked(cache / "data" / "x"):
        raise OSError(28, "No space left on device")


def test_what_fails_in_a_turn_is_not_the_caches_failure(cache: Path) -> None:
    with pytest.raises(OSError, match="elsewhere"), turn("measuring"):
        raise OSError(28, "No space left elsewhere")


def test_a_cache_that_is_a_file_is_one_line(cache: Path) -> None:
    cache.parent.mkdir(exist_ok=True)
    cache.touch()
    for context in (locked(cache / "data" / "x"), turn("measuring")):
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
