"""Machines that have less than a run wants: each says so in a line, and what is measured stays."""

import sys
from pathlib import Path

import pytest
from msgspec import to_builtins

from bench.records.chain import follow
from bench.records.lines import read_records
from tests.bench.suite.conftest import run_suite
from tests.conftest import ROOT
from tests.faults.kills import PLAN, instant_options
from tests.faults.machine import needs_namespaces, run


@needs_namespaces
def test_a_disk_that_is_full_keeps_what_is_measured(tmp_path: Path, cache: Path) -> None:
    ended = run(
        tmp_path,
        "mount -t tmpfs -o size=64k none $R",
        f"cp -r $R {tmp_path / 'kept'}",
        PLAN.replace("seeds = [1, 2]", "seeds = [1, 2, 3, 4, 5, 6, 7]"),
    )
    assert ended.status != 0
    assert "cannot be written (No space left on device)" in ended.output
    assert "Traceback" not in ended.output
    (path,) = (tmp_path / "kept").glob("*/records.jsonl")
    records, problems = read_records(path)
    assert records
    assert not problems
    assert not follow(path.read_bytes().splitlines()).broken
    assert {record.status for record in records} == {"ok"}


@needs_namespaces
def test_a_folder_that_cannot_be_written_is_told_at_once(tmp_path: Path, cache: Path) -> None:
    ended = run(tmp_path, "mount -t tmpfs -o ro none $R")
    assert ended.status == pytest.ExitCode.USAGE_ERROR
    assert "cannot be written (Read-only file system)" in ended.output
    assert "Traceback" not in ended.output


@needs_namespaces
def test_a_checkout_and_a_home_may_be_on_a_read_only_disk(tmp_path: Path, cache: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    make_read_only = "\n".join(
        f"mount --bind {folder} {folder}; mount -o remount,bind,ro {folder}"
        for folder in (ROOT, home)
    )
    ended = run(
        tmp_path, f"{make_read_only}\nexport HOME={home}\ncd {ROOT}\nif touch new; then exit 9; fi"
    )
    assert ended.status == 0, ended.output
    assert len(ended.records) == 6
    assert "warning" not in ended.output.lower()


@needs_namespaces
def test_a_user_needs_no_name_and_no_home(tmp_path: Path, cache: Path) -> None:
    nobody_knows = "if whoami; then exit 9; fi"
    ended = run(
        tmp_path,
        f"export HOME=/dev/null/home; unset USER LOGNAME; {nobody_knows}",
        namespaces=("--user", "--map-user=12345", "--map-group=12345"),
    )
    assert ended.status == 0, ended.output
    assert len(ended.records) == 6
    assert "Traceback" not in ended.output


@needs_namespaces
def test_without_a_network_what_is_there_is_used(tmp_path: Path, cache: Path) -> None:
    ended = run(tmp_path, namespaces=("--mount", "--net"))
    assert ended.status == 0, ended.output
    assert len(ended.records) == 6


@needs_namespaces
def test_without_proc_it_is_one_line(tmp_path: Path, cache: Path) -> None:
    ended = run(tmp_path, "mount -t tmpfs none /proc")
    assert ended.status == pytest.ExitCode.USAGE_ERROR
    assert "/proc/stat cannot be read" in ended.output
    assert "Traceback" not in ended.output


@needs_namespaces
def test_one_processor_is_enough(tmp_path: Path, cache: Path) -> None:
    ended = run(tmp_path, "taskset -p -c 0 $$")
    assert ended.status == 0, ended.output
    assert {record.threads for record in ended.records} == {1}


# In the host alone: what is compiled for datetime's own class, in the reports, cannot have another.
BACKWARDS = """
import datetime
import sys
import time

hours = iter(range(10**9))


def looked():
    return 1_900_000_000 - 3600 * next(hours)


class Backwards(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return datetime_class.fromtimestamp(looked(), tz)


if "bench/suite" in sys.orig_argv:
    datetime_class, datetime.datetime = datetime.datetime, Backwards
    time.time = looked
    time.time_ns = lambda: looked() * 10**9
"""


def test_a_clock_that_jumps_back_changes_no_time(tmp_path: Path, cache: Path) -> None:
    """The host sees a clock on the wall that is an hour earlier at each look."""
    site = tmp_path / "site"
    site.mkdir()
    (site / "sitecustomize.py").write_text(BACKWARDS)
    (tmp_path / "plan.toml").write_text(PLAN)
    options = instant_options(tmp_path / "plan.toml")
    ended = run_suite(tmp_path, *options, PYTHONPATH=str(site))
    assert ended.status == 0, ended.output
    started = [record.started for record in ended.records]
    assert started == sorted(started, reverse=True)
    assert started[0].startswith("2030-03-1")
    assert len(set(started)) == len(started) == 6
    for record in ended.records:
        assert record.seconds.process_seconds is not None
        assert 0 < record.seconds.process_seconds < 60
        assert all(seconds >= 0 for seconds in to_builtins(record.seconds).values())
        assert all(0 < block.seconds < 60 for block in record.blocks)
        assert all(number >= 0 for number in to_builtins(record.load).values())
    again = run_suite(tmp_path, "--resume=latest", PYTHONPATH=str(site))
    assert again.output.count("from before") == 6
    assert again.status == 0


def test_a_tiny_limit_of_memory_is_a_status(tmp_path: Path, cache: Path) -> None:
    plan = "memory_limit_gib = 0.004\n" + PLAN
    (tmp_path / "plan.toml").write_text(plan)
    ended = run_suite(tmp_path, *instant_options(tmp_path / "plan.toml"))
    assert ended.status == 2
    assert "Traceback" not in ended.output
    assert {record.status for record in ended.records} <= {"out of memory", "failed", "skipped"}
    assert "out of memory" in {record.status for record in ended.records}


def test_no_secret_of_the_users_environment_gets_anywhere(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = "planted-7f3a9c"
    for name in ("AWS_SECRET_ACCESS_KEY", "GITHUB_TOKEN", "PIP_INDEX_URL", "MY_PASSWORD"):
        monkeypatch.setenv(name, secret)
    (tmp_path / "plan.toml").write_text(PLAN)
    finished = run_suite(tmp_path, *instant_options(tmp_path / "plan.toml"))
    assert finished.status == 0, finished.output
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(files) > 6
    assert sys.executable.encode() in b"".join(path.read_bytes() for path in files)
    for path in files:
        assert secret.encode() not in path.read_bytes(), path
    assert secret not in finished.output
