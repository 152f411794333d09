"""Short forms of what `tox -e faults` does at length."""

import subprocess
import sys
from pathlib import Path

import pytest

from bench.records.git import run_git
from bench.records.lines import read_records
from tests.faults.kills import (
    INSTANT,
    PAIRS,
    PAIRS_PLAN,
    differences,
    kill_hosts,
    make_timeless,
)
from tests.faults.sabotage import STATUSES
from tests.faults.workers import Limits, Suite, inject, processes_of
from tests.reports.conftest import make_record

LIMITS = Limits(time_seconds=12, silence_seconds=5, memory_gib=1)


@pytest.fixture(scope="module")
def faults(tmp_path_factory: pytest.TempPathFactory) -> Suite:
    with pytest.MonkeyPatch.context() as patch:
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


def test_a_host_that_is_killed_loses_nothing(tmp_path: Path, cache: Path) -> None:
    found = kill_hosts(tmp_path / "kills", 6, seed=7)
    assert found.lost == []
    assert found.kills == 6


def test_a_host_that_is_killed_while_two_revisions_take_turns(tmp_path: Path, cache: Path) -> None:
    if run_git("rev-parse", "HEAD").returncode != 0:
        pytest.skip("This is no checkout of git: there is no other revision.")
    found = kill_hosts(tmp_path / "kills", 3, 7, PAIRS, PAIRS_PLAN)
    assert found.lost == []
    assert found.kills == 3


def test_a_worker_that_ends_before_the_first_sample_is_no_difference() -> None:
    """Its memory is absent, with the reason; whether it is, depends on time alone."""
    sampled = make_record()
    short = make_record(
        absent={**sampled.absent, "peak_anonymous_bytes": "The worker ended within 0.2 s."}
    )
    assert make_timeless(short) == make_timeless(sampled)
    assert make_timeless(make_record(absent={})) != make_timeless(sampled)


def test_what_is_lost_would_be_seen(tmp_path: Path, cache: Path) -> None:
    """The instrument itself: a run in which something is wrong is not called right."""
    kill_hosts(tmp_path / "kills", 0, seed=7)
    (run,) = (tmp_path / "kills" / "unbroken" / "results").iterdir()
    assert differences(run, run) == []
    worse = tmp_path / "worse"
    worse.mkdir()
    for name in ("run.json", "report.html", "benchmark.json"):
        (worse / name).write_bytes((run / name).read_bytes())
    lines = (run / "records.jsonl").read_bytes().splitlines(keepends=True)
    (worse / "records.jsonl").write_bytes(b"".join([*lines[:-1], lines[0]]))

    said = " / ".join(differences(run, worse))
    last = read_records(run / "records.jsonl")[0][-1].trial.id
    assert f"{last} is missing" in said
    assert "is there 2 times" in said
    assert "digests: " in said
    assert "the report differs in more than times" in said
    assert "report.html is not that of its records" in said
