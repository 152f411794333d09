"""Hosts that are killed: a short form of what `tox -e faults` does two hundred times."""

from pathlib import Path

import pytest

from bench.records.git import run_git
from bench.records.lines import read_records
from tests.faults.kills import PAIRS, PAIRS_PLAN, differences, kill_hosts, make_timeless
from tests.reports.conftest import make_record

# Enough for runs that are killed, go on, and are killed again.
KILLS, KILLS_OF_A_PAIR = 3, 2


def test_a_host_that_is_killed_loses_nothing(tmp_path: Path, cache: Path) -> None:
    found = kill_hosts(tmp_path / "kills", KILLS, seed=7)
    assert found.lost == []
    assert found.kills == KILLS


def test_a_host_that_is_killed_while_two_revisions_take_turns(tmp_path: Path, cache: Path) -> None:
    if run_git("rev-parse", "HEAD").returncode != 0:
        pytest.skip("This is no checkout of git: there is no other revision.")
    found = kill_hosts(tmp_path / "kills", KILLS_OF_A_PAIR, 7, PAIRS, PAIRS_PLAN)
    assert found.lost == []
    assert found.kills == KILLS_OF_A_PAIR


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
