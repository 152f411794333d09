"""The main job with a real worker, in the NumPy framework: quick, and nothing faked."""

import os
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from statistics import median

import psutil
import pytest
from msgspec import to_builtins

from bench.records.lines import read_records
from tests.bench.suite.conftest import (
    NUMPY_OPTIONS,
    PLAN,
    QUICK_PLAN,
    Suite,
    run_new_suite,
    run_suite,
    suite_command,
)
from tests.conftest import ROOT, WITHOUT_GPU

QUICK = ("--skip-verification", "--skip-ceilings", *NUMPY_OPTIONS)
# 0 would be all, 1 some, 4 what cannot be.
NOTHING_USABLE = 2


def test_a_plan_gives_records_benchmarks_and_a_report(tmp_path: Path, cache: Path) -> None:
    plan = tmp_path / "digits.toml"
    plan.write_text(PLAN)
    junit = tmp_path / "junit.xml"
    options = (f"--plan={plan}", f"--junitxml={junit}")
    finished = run_new_suite(tmp_path, *QUICK, *options, A_SECRET="planted-secret")
    assert finished.status == 0, finished.output

    modern, classic = finished.records
    assert [record.trial.model for record in (modern, classic)] == ["lenet", "lenet-1998"]
    for record in (modern, classic):
        assert record.status == "ok"
        assert len(record.epochs) == 2
        assert sum(block.steps for block in record.blocks) == 2 * 11
        assert sum(block.samples for block in record.blocks) == 2 * 11 * 128
        assert record.epochs[-1].train_loss < record.epochs[0].train_loss
        assert len(record.losses) == 10
        assert set(record.digests) == {"weights", "data", "order"}
        assert set(to_builtins(record.seconds)) == {
            "import",
            "inputs",
            "build",
            "first_step",
            "pending",
            "evaluation",
            "exit",
            "process",
        }
        memory = record.memory
        assert memory.peak_resident_bytes is not None
        assert memory.resident_after_build_bytes is not None
        assert memory.peak_resident_bytes >= memory.resident_after_build_bytes
        assert record.environment["OMP_NUM_THREADS"] == str(record.threads)
        assert record.versions["numpy"] == record.framework_version
    assert modern.digests == classic.digests  # the same shapes: the same weights, data, order

    assert f"records: {finished.run / 'records.jsonl'}" in finished.output
    assert f"report:  {finished.run / 'report.html'}" in finished.output
    assert "<html" in (finished.run / "report.html").read_text()
    assert len(ElementTree.parse(junit).findall(".//testcase")) == 2
    for path in finished.run.rglob("*"):
        assert path.is_dir() or b"planted-secret" not in path.read_bytes()


def test_pytest_benchmarks_statistics_are_those_of_the_workers_clock(suite: Suite) -> None:
    finished = suite()
    for record, benchmark in zip(finished.records, finished.benchmarks, strict=True):
        seconds = [block.seconds / block.steps for block in record.measured_blocks]
        assert benchmark["stats"]["data"] == seconds  # to the last bit
        assert benchmark["stats"]["median"] == pytest.approx(median(seconds), rel=1e-12)
        assert benchmark["extra_info"]["digests"] == record.digests
        assert benchmark["params"] == {"trial": record.trial.id}
    compared = subprocess.run(
        [
            str(Path(sys.executable).with_name("pytest-benchmark")),
            "compare",
            str(finished.run / "benchmark.json"),
        ],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    for record in finished.records:
        assert record.trial.id in compared


def test_pytests_own_options_choose_trials(suite: Suite) -> None:
    assert [record.trial.model for record in suite("-k", "1998 and numpy").records] == [
        "lenet-1998"
    ]


def test_nothing_is_left_where_no_trial_was_run(suite: Suite) -> None:
    assert suite("--collect-only", "-q").status == 0
    finished = suite("-k", "no-such-trial")
    assert finished.status == 5  # pytest's status for no tests
    assert not finished.results.exists() or not list(finished.results.iterdir())


def test_a_mode_that_a_framework_lacks_is_a_skipped_trial(suite: Suite, tmp_path: Path) -> None:
    plan = tmp_path / "modes.toml"
    plan.write_text(QUICK_PLAN.replace("epochs = 2", 'epochs = 1\nmodes = ["compiled", "eager"]'))
    finished = suite(f"--plan={plan}", "-k", "not 1998")
    assert finished.status == 0, finished.output
    assert {record.trial.mode: record.status for record in finished.records} == {
        "compiled": "skipped",
        "eager": "ok",
    }
    assert "NumPy has no mode 'compiled'." in finished.output


def test_a_failing_trial_is_a_record_and_the_others_run(suite: Suite, tmp_path: Path) -> None:
    plan = tmp_path / "diverging.toml"
    plan.write_text(QUICK_PLAN.replace("learning_rate = 0.02", "learning_rate = 1e30"))
    finished = suite(f"--plan={plan}")
    assert finished.status == 1
    failed, saturated = finished.records
    assert failed.status == "diverged"
    assert "training diverged" in str(failed.reason)
    assert failed.blocks  # what was measured until then
    assert saturated.status == "ok"  # tanh cannot overflow
    assert len(finished.benchmarks) == 1
    assert "Traceback" not in finished.output
    assert (finished.run / "report.html").exists()


def test_a_run_with_every_trial_failed_leaves_no_empty_file(suite: Suite, tmp_path: Path) -> None:
    plan = tmp_path / "diverging.toml"
    plan.write_text(QUICK_PLAN.replace("learning_rate = 0.02", "learning_rate = 1e30"))
    finished = suite(f"--plan={plan}", "-k", "not 1998")
    assert finished.status == NOTHING_USABLE
    assert [path.name for path in finished.run.glob("*.json")] == ["run.json"]
    assert (finished.run / "report.html").exists()


def test_a_trial_over_its_time_limit_is_a_record(suite: Suite, tmp_path: Path) -> None:
    plan = tmp_path / "endless.toml"
    endless = QUICK_PLAN.replace("epochs = 2", "epochs = 20000")
    plan.write_text("time_limit_seconds = 10\n" + endless)
    finished = suite(f"--plan={plan}", "-x")
    assert finished.status == NOTHING_USABLE
    (record,) = finished.records
    assert record.status == "timeout"
    assert "stopped after 10 s" in str(record.reason)
    assert record.epochs


def test_what_is_timed_is_verified_first(cache: Path, tmp_path: Path) -> None:
    plan = tmp_path / "digits.toml"
    plan.write_text(PLAN)
    finished = run_suite(tmp_path, f"--plan={plan}", *NUMPY_OPTIONS, "-k", "not 1998")
    (record,) = finished.records
    assert record.certificate is not None
    assert record.certificate.verified
    assert record.test_samples == 355
    assert "Verifying lenet (digits) in NumPy, eager" in finished.output


def test_without_a_verification_nothing_is_certified(suite: Suite) -> None:
    (record, _) = suite().records
    assert record.certificate is None


def test_a_run_without_any_result_is_no_success(suite: Suite, tmp_path: Path) -> None:
    plan = tmp_path / "modes.toml"
    plan.write_text(QUICK_PLAN.replace("epochs = 2", 'epochs = 1\nmodes = ["compiled"]'))
    finished = suite(f"--plan={plan}")
    assert finished.status == NOTHING_USABLE
    assert {record.status for record in finished.records} == {"skipped"}
    assert "No trial gave a result" in finished.output


def test_a_batch_larger_than_the_data_is_a_skipped_trial(suite: Suite, tmp_path: Path) -> None:
    plan = tmp_path / "large.toml"
    plan.write_text(PLAN.replace("[128]", "[128, 5000]"))
    finished = suite(f"--plan={plan}", "-k", "not 1998")
    assert finished.status == 0
    assert [record.status for record in finished.records] == ["ok", "skipped"]
    assert "A batch of 5,000 is more than the 1,442 training samples." in finished.output


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupted_run_leaves_no_process_and_no_empty_run(
    tmp_path: Path, cache: Path, number: signal.Signals
) -> None:
    plan = tmp_path / "endless.toml"
    plan.write_text(QUICK_PLAN.replace("epochs = 2", "epochs = 30000"))
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    process = subprocess.Popen(
        suite_command(tmp_path, f"--plan={plan}", *QUICK),
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(temporary)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        # A shell without job control starts what runs in the background with SIGINT ignored, and
        # that is inherited: by these tests, and from them by the suite.
        preexec_fn=heed_interrupts,
    )
    worker = wait_for_worker(process.pid)
    process.send_signal(number)
    assert process.wait(60) == pytest.ExitCode.INTERRUPTED
    worker.wait(30)
    assert not list((tmp_path / "results").iterdir())
    assert not list(temporary.iterdir())


def heed_interrupts() -> None:
    """As in a program that was started in a terminal."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def wait_for_worker(host: int) -> psutil.Process:
    """The worker of a running suite, once it is there."""
    for _ in range(600):
        for child in psutil.Process(host).children():
            if "bench.worker" in command_line(child):
                return child
        time.sleep(0.1)
    raise AssertionError("No worker was started.")


def command_line(process: psutil.Process) -> list[str]:
    """Empty for one that ended since it was listed: the host starts short commands of its own."""
    try:
        return process.cmdline()
    except psutil.NoSuchProcess:  # A zombie is one of these too.
        return []


def test_the_command_line_of_an_ended_process_is_empty() -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    process = psutil.Process(ended.pid)
    while process.status() != psutil.STATUS_ZOMBIE:
        time.sleep(0.01)
    assert command_line(process) == []
    ended.wait()
    assert command_line(process) == []


def test_two_runs_at_once_measure_one_after_the_other(tmp_path: Path, cache: Path) -> None:
    plan = tmp_path / "small.toml"
    plan.write_text(QUICK_PLAN)
    folders = [tmp_path / name for name in ("one", "other")]
    runs = [
        subprocess.Popen(
            suite_command(folder, f"--plan={plan}", *QUICK),
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for folder in folders
    ]
    outputs = [run.communicate()[0] for run in runs]
    assert [run.returncode for run in runs] == [0, 0]
    assert any("Waiting for another run (measuring) ..." in output for output in outputs)
    for folder in folders:
        (run,) = (folder / "results").iterdir()
        records, problems = read_records(run / "records.jsonl")
        assert [record.status for record in records] == ["ok", "ok"]
        assert not problems


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--plan=slow"], "There is no plan 'slow'"),
        (["--plan=gpu"], "The plan 'gpu' is for the device 'cuda', and this run is on 'cpu'"),
        (["--frameworks=caffe"], "There is no framework 'caffe'"),
        (["--python=numpy=/no/such/python"], "no Python starts at this path"),
        (["--python=caffe=/bin/true"], "there is no framework 'caffe'"),
        (["--impls=/no/such/folder"], "/no/such/folder/framework.toml cannot be read"),
        (["--results=/proc/nowhere"], "'/proc/nowhere' cannot be written"),
        (["--results="], "--results is empty"),
        (["--frameworks=,"], "expected names separated by commas"),
        (["--benchmark-json=/no/such/folder/x.json"], "cannot be written"),
        (["-p", "no:benchmark"], "needs the plugin pytest-benchmark"),
        (["--device=tpu"], "invalid choice: 'tpu'"),
        pytest.param(["--device=cuda"], "--device cuda: this machine has no", marks=WITHOUT_GPU),
        (["--threads=none"], "invalid int value: 'none'"),
        (["--benchmark-skip"], "leaves out every trial"),
        (["--benchmark-disable"], "times no trial"),
        (["-p", "no:terminal"], "needs pytest's terminal"),
        (["--setup-only"], "runs no trial"),
        (["--setup-plan"], "runs no trial"),
        (["--numprocesses=2"], "would run trials beside each other"),
    ],
)
def test_a_users_mistake_is_one_line_and_no_traceback(
    suite: Suite, options: list[str], words: str
) -> None:
    finished = suite(*options)
    assert finished.status == 4
    assert "Traceback" not in finished.output
    (line,) = [line for line in finished.output.splitlines() if words in line]
    assert "ERROR" in line or "error" in line
    assert not finished.results.exists() or not list(finished.results.iterdir())


def test_nothing_in_the_folders_that_a_user_names_is_run(tmp_path: Path, cache: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "conftest.py").write_text("raise SystemExit('was run')\n")
    options = ("--results", str(tmp_path / "mine"), "--collect-only", *NUMPY_OPTIONS)
    finished = run_new_suite(tmp_path, *options)
    assert "was run" not in finished.output
    assert finished.status == 0, finished.output
    # As what the test runs, so does what a user runs.
    assert "pytest -p bench.suite.options bench/suite" in (ROOT / "tox.ini").read_text()


def test_data_that_cannot_be_had_is_one_line(suite: Suite, tmp_path: Path) -> None:
    (tmp_path / "mnist").mkdir()
    (tmp_path / "mnist" / "train-images-idx3-ubyte.gz").write_bytes(b"\x1f\x8b broken")
    finished = suite("--plan=mnist", SAMESTEP_DATA=str(tmp_path))
    assert finished.status == 4
    assert "train-images-idx3-ubyte.gz is a damaged gzip file" in finished.output
    assert "Traceback" not in finished.output
    assert not list(finished.results.iterdir())
