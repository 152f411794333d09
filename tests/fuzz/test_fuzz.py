"""A short form of `tox -e fuzz`, and what keeps the fuzzer itself honest."""

from pathlib import Path

import pytest

from bench.errors import DataError
from tests.fuzz.running import feed
from tests.fuzz.targets import TARGETS, Target

INPUTS = 150


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
def test_nothing_but_the_projects_own_errors_comes_out(target: Target, tmp_path: Path) -> None:
    found = feed(target, tmp_path, INPUTS, number=1)
    assert found.failure is None
    assert found.inputs >= INPUTS
    assert found.read + found.refused == found.inputs
    # Both happen, or the inputs are not nearly right.
    assert found.read
    assert found.refused or not target.errors


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
def test_whole_files_are_read(target: Target, tmp_path: Path) -> None:
    for content in target.whole:
        target.read(tmp_path, content)


def test_another_error_is_found_and_made_small(tmp_path: Path) -> None:
    def read(folder: Path, content: bytes) -> None:
        if b"\xff" in content:
            raise KeyError("planted")
        if b"x" in content:
            raise DataError("refused")

    found = feed(Target("planted", (b"x" * 50, b"y" * 50), read, (DataError,)), tmp_path, 500, 1)
    assert found.failure is not None
    assert "KeyError: 'planted'" in found.failure
    assert "\\xff" in found.failure


def test_a_reader_that_hangs_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.fuzz.running.MOST_SECONDS", 1)

    def read(folder: Path, content: bytes) -> None:
        while content.startswith(b"\xff"):
            pass

    found = feed(Target("hangs", (b"\xff",), read, ()), tmp_path, 20, 1)
    assert "it took longer than 1 s" in str(found.failure)
