"""Faults of workers in a framework that computes nothing; `tox -e faults` has each framework."""

import subprocess
import sys
from pathlib import Path

import pytest
from filelock import FileLock

from tests.faults.kills import INSTANT
from tests.faults.sabotage import STATUSES
from tests.faults.workers import Limits, Suite, inject, processes_of

LIMITS = Limits(time_seconds=12, silence_seconds=5, memory_gib=1)


@pytest.fixture(scope="module")
def faults(tmp_path_factory: pytest.TempPathFactory, memory_kills: FileLock) -> Suite:
    with pytest.MonkeyPatch.context() as patch, memory_kills:
        folder = tmp_path_factory.mktemp("faults")
        patch.setenv("SAMESTEP_CACHE", str(folder / "cache"))
        return inject(folder, "instant", INSTANT, Path(sys.executable), LIMITS)


@pytest.mark.parametrize("fault", STATUSES)
def test_each_fault_is_a_status_of_its_own(faults: Suite, fault: str) -> None:
    (found,) = (one for one in faults.injections if one.fault == fault)
    assert found.survived, found.words
    assert found.record is not None
    assert found.record.blocks
    if found.expected != "ok":
        assert found.record.reason
        assert found.record.trial.id in faults.report


def test_the_suite_goes_on_and_leaves_nothing(faults: Suite) -> None:
    assert faults.sound is not None
    assert faults.sound.status == "ok"
    assert faults.left == ()
    assert faults.status == 1
    assert "Traceback" not in faults.output


def test_what_is_left_behind_would_be_seen(tmp_path: Path) -> None:
    log = tmp_path / "results" / "a-trial.log"
    log.parent.mkdir()
    with log.open("wb") as output:
        child = subprocess.Popen(["sleep", "3600"], stdout=output)
    try:
        assert processes_of(tmp_path) == ["sleep 3600"]
        assert processes_of(tmp_path / "elsewhere") == []
    finally:
        child.kill()
        child.wait()
    assert processes_of(tmp_path) == []


def test_the_last_words_of_a_worker_are_kept(faults: Suite) -> None:
    found = {one.fault: one.record for one in faults.injections}
    silent, failed = found["silence"], found["exception"]
    assert silent is not None
    assert "planted: now silent" in str(silent.reason)
    assert failed is not None
    assert failed.reason == "RuntimeError: planted: an exception"
    assert "Traceback" in str(failed.log)
