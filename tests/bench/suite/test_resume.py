"""A run that was stopped goes on where it stopped: nothing is lost, and nothing is run twice."""

import json
import os
import shutil
import signal
import subprocess
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import pytest

from bench.errors import ResultsError
from bench.host.session.resume import _find_folder
from bench.records.lines import read_records
from bench.records.manifest import read_manifest
from tests.bench.suite.conftest import (
    NUMPY_OPTIONS,
    QUICK_DATA,
    QUICK_PLAN,
    Finished,
    Suite,
    run_suite,
    suite_command,
)
from tests.bench.suite.test_suite import command_line
from tests.conftest import ROOT, own_by_nobody

QUICK = ("--skip-verification", "--skip-ceilings", *NUMPY_OPTIONS)


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def resume(folder: Path, *options: str, name: str = "latest") -> Any:
    return run_suite(folder, f"--resume={name}", *options)


@pytest.fixture(scope="module")
def run_once(tmp_path_factory: pytest.TempPathFactory) -> Finished:
    """A run of one trial, which only `done` looks at."""
    folder = tmp_path_factory.mktemp("once")
    plan = folder / "small.toml"
    plan.write_text(QUICK_PLAN)
    options = (f"--plan={plan}", *QUICK, "-k", "not 1998")
    return run_suite(folder, *options, SAMESTEP_CACHE=str(folder / "cache"))


@pytest.fixture
def done(run_once: Finished, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Finished:
    """A copy of that run, with the cache that it had."""
    shutil.copytree(run_once.results, tmp_path / "results")
    monkeypatch.setenv("SAMESTEP_CACHE", str(run_once.results.parent / "cache"))
    return replace(run_once, results=tmp_path / "results")


def killed_after_its_first_record(folder: Path, plan: Path) -> Path:
    """The folder of a run whose host got SIGKILL while the second trial ran."""
    host = subprocess.Popen(
        suite_command(folder, f"--plan={plan}", *QUICK),
        cwd=ROOT,
        env=dict(os.environ),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    while not (found := list((folder / "results").glob("*/records.jsonl"))):
        assert host.poll() is None, "It ended by itself."
        time.sleep(0.02)
    workers: list[psutil.Process] = []
    while not workers:
        assert host.poll() is None, "It ended by itself."
        children = psutil.Process(host.pid).children()
        workers = [one for one in children if "bench.worker" in command_line(one)]
        time.sleep(0.02)
    host.send_signal(signal.SIGKILL)
    host.wait()
    psutil.wait_procs(workers, timeout=60)
    assert not any(one.is_running() for one in workers)
    return found[0].parent


def test_a_killed_run_goes_on(tmp_path: Path, cache: Path) -> None:
    plan = tmp_path / "small.toml"
    plan.write_text(QUICK_PLAN.replace("epochs = 2", "epochs = 30"))
    run = killed_after_its_first_record(tmp_path, plan)
    (first,) = run.joinpath("records.jsonl").read_text().splitlines()
    assert not (run / "report.html").exists()

    finished = resume(tmp_path)
    assert finished.status == 0, finished.output
    assert finished.run == run
    assert finished.output.count("from before: ") == 1
    lines = run.joinpath("records.jsonl").read_text().splitlines()
    assert lines[0] == first
    assert [record.status for record in finished.records] == ["ok", "ok"]
    assert len({record.trial.id for record in finished.records}) == 2
    assert [record.position for record in finished.records] == [1, 2]
    assert len({record.commit for record in finished.records}) == 1
    # pytest-benchmark's file is whole as well.
    assert len(finished.benchmarks) == 2
    assert (run / "report.html").exists()

    again = resume(tmp_path, name=run.name)
    assert again.status == 0
    assert again.output.count("from before: ") == 2
    assert run.joinpath("records.jsonl").read_text().splitlines() == lines


def test_what_failed_runs_again_and_half_a_record_is_set_aside(
    suite: Suite, tmp_path: Path
) -> None:
    plan = tmp_path / "diverging.toml"
    plan.write_text(QUICK_PLAN.replace("learning_rate = 0.02", "learning_rate = 1e30"))
    finished = suite(f"--plan={plan}")
    with (finished.run / "records.jsonl").open("a") as records:
        records.write('{"schema":4,"run"')

    again = resume(tmp_path, f"--plan={plan}")
    assert again.status == 1
    assert "17 bytes of a record" in again.output
    assert (again.run / "records.torn").read_text() == '{"schema":4,"run"\n'
    assert [record.status for record in again.records] == ["diverged", "ok", "diverged"]
    assert [record.position for record in again.records] == [1, 2, 3]
    # The report counts each trial once, and says so.
    assert "is there 2 times (diverged, diverged)" in (again.run / "report.html").read_text()


def test_what_was_skipped_is_not_recorded_again(suite: Suite, tmp_path: Path) -> None:
    plan = tmp_path / "large.toml"
    plan.write_text(QUICK_PLAN.replace("[32]", "[32, 5000]"))
    suite(f"--plan={plan}", "-k", "not 1998")
    again = resume(tmp_path)
    assert again.status == 0
    assert [record.status for record in again.records] == ["ok", "skipped"]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('"plan": "', '"plan": "0', "the plan (0"),
        ('"code": "', '"code": "0', "the code of bench/, of an implementation or of a model"),
        ('"cpu": "', '"cpu": "Another ', "the machine (cpu: 'Another "),
        ('"threads": ', '"threads": 9', "the number of threads (9"),
        ('"numpy": "', '"numpy": "0', "what is installed for numpy"),
    ],
)
def test_a_run_of_something_else_does_not_go_on(
    done: Finished, tmp_path: Path, old: str, new: str, words: str
) -> None:
    records = done.records
    manifest = json.loads((done.run / "run.json").read_text())
    request = json.dumps(manifest["opening"].pop("request"))
    text = json.dumps(manifest)
    assert old in text
    changed = json.loads(text.replace(old, new, 1))
    changed["opening"]["request"] = json.loads(request)
    (done.run / "run.json").write_text(json.dumps(changed))

    again = resume(tmp_path)
    assert again.status == pytest.ExitCode.USAGE_ERROR
    assert "its records would not compare with new ones" in again.output
    assert words in again.output
    assert "Traceback" not in again.output
    assert again.records == records


def test_a_run_goes_on_after_an_update_of_the_system(done: Finished, tmp_path: Path) -> None:
    """The records say what they ran on: nothing of the update decides speed by itself."""
    manifest = json.loads((done.run / "run.json").read_text())
    before = manifest["opening"]["machine"]
    older = {"kernel": "5.4.0-1", "memory_bytes": before["memory_bytes"] - 5_000_000}
    manifest["opening"]["machine"] = {**before, **older}
    (done.run / "run.json").write_text(json.dumps({**manifest, "end": None}))
    (done.run / "records.jsonl").write_text("")

    again = resume(tmp_path)
    assert again.status == 0, again.output
    note = "Note: the machine changed since the run was started: kernel 5.4.0-1 to"
    assert f"{note} {before['kernel']}. Its records say so." in " ".join(again.output.split())
    (record,) = again.records
    assert (record.status, record.machine["kernel"]) == ("ok", before["kernel"])


def test_a_changed_plan_is_named(suite: Suite, tmp_path: Path) -> None:
    suite("-k", "not 1998")
    change(tmp_path / "small.toml", "epochs = 2", "epochs = 3")
    again = resume(tmp_path)
    assert again.status == pytest.ExitCode.USAGE_ERROR
    assert "different now: the plan (" in again.output


def test_a_data_set_that_a_trial_still_needs_has_to_be_the_same(
    suite: Suite, tmp_path: Path
) -> None:
    plan = tmp_path / "diverging.toml"
    plan.write_text(QUICK_PLAN.replace("learning_rate = 0.02", "learning_rate = 1e30"))
    finished = suite(f"--plan={plan}")
    records = finished.records
    change(finished.run / "run.json", f'"{QUICK_DATA}": "', f'"{QUICK_DATA}": "0')
    again = resume(tmp_path)
    assert again.status != 0
    assert f"different now: the data set {QUICK_DATA} (0" in again.output
    assert "Traceback" not in again.output
    assert again.records == records


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--repeats=3"], "--repeats is another than the run was started with (None)"),
        (["--plan=quick"], "--plan is another than the run was started with"),
        (["--threads=2"], "--threads is another"),
    ],
)
def test_options_that_say_something_else_are_refused(
    done: Finished, tmp_path: Path, options: list[str], words: str
) -> None:
    again = resume(tmp_path, *options)
    if options == ["--plan=quick"]:
        # What is the default is no choice that somebody made.
        assert again.status == 0
        return
    assert again.status == pytest.ExitCode.USAGE_ERROR
    assert words in again.output


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("latest", "no run in"),
        ("no-such-run", "there is no such run"),
        (".", "has no run.json"),
    ],
)
def test_a_run_that_is_not_there_is_one_line(tmp_path: Path, name: str, words: str) -> None:
    again = resume(tmp_path, name=name)
    assert again.status == pytest.ExitCode.USAGE_ERROR
    assert words in again.output
    assert "Traceback" not in again.output


def test_the_latest_run_is_the_one_that_wrote_last(tmp_path: Path) -> None:
    """An older one that went on, or one that was started after the clock was set back."""
    for age, name in enumerate(("20260301T000000Z-a", "20260302T000000Z-b", "20260101T000000Z-c")):
        (tmp_path / name).mkdir()
        for file in ("run.json", "records.jsonl"):
            (tmp_path / name / file).write_text("")
            os.utime(tmp_path / name / file, (1e9 + age, 1e9 + age))
    assert _find_folder("latest", tmp_path).name == "20260101T000000Z-c"
    os.utime(tmp_path / "20260301T000000Z-a" / "records.jsonl", (2e9, 2e9))
    assert _find_folder("latest", tmp_path).name == "20260301T000000Z-a"


@pytest.mark.parametrize(("name", "mode"), [("latest", 0o000), ("a", 0o000), ("a", 0o600)])
def test_results_that_may_not_be_read_are_one_line(name: str, mode: int) -> None:
    with own_by_nobody() as results:
        (results / "a").mkdir()
        (results / "a" / "run.json").touch()
        results.chmod(mode)
        with pytest.raises(ResultsError, match=f"--resume {name}: .*Permission denied"):
            _find_folder(name, results)
        results.chmod(0o700)


def test_a_run_that_says_nonsense_of_itself_is_one_line(done: Finished, tmp_path: Path) -> None:
    manifest = json.loads((done.run / "run.json").read_text())
    for request in ({}, None, {**manifest["opening"]["request"], "plan": 3}):
        manifest["opening"]["request"] = request
        (done.run / "run.json").write_text(json.dumps(manifest))
        again = resume(tmp_path)
        assert again.status == pytest.ExitCode.USAGE_ERROR
        assert "does not say what the run was" in again.output
        assert "Traceback" not in again.output


def test_a_run_that_is_being_written_is_left_alone(tmp_path: Path, cache: Path) -> None:
    plan = tmp_path / "endless.toml"
    plan.write_text(QUICK_PLAN.replace("epochs = 2", "epochs = 30000"))
    host = subprocess.Popen(
        suite_command(tmp_path, f"--plan={plan}", *QUICK),
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        while not list((tmp_path / "results").glob("*/run.json")):
            assert host.poll() is None, "It ended by itself."
            time.sleep(0.05)
        again = resume(tmp_path)
        assert again.status == pytest.ExitCode.USAGE_ERROR
        assert "is being written by another process" in again.output
        assert host.poll() is None
    finally:
        host.send_signal(signal.SIGTERM)
        host.wait(60)


def test_the_manifest_says_how_far_the_run_came(suite: Suite) -> None:
    finished = suite()
    manifest = read_manifest(finished.run)
    assert manifest is not None
    assert manifest.end is not None
    assert manifest.end.records == len(read_records(finished.run / "records.jsonl")[0]) == 2
    assert manifest.end.digest in (finished.run / "report.html").read_text()
