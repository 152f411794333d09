"""SIGKILL for the host at random moments of a real run, which then goes on."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

import psutil
from msgspec import structs

from bench.host.monitor.worker import PEAK_ANONYMOUS
from bench.records.chain import follow
from bench.records.lines import read_records
from bench.records.manifest import read_manifest
from bench.records.parts import Load, Memory, TimedBlock, Times
from bench.records.results import Record
from reports.page import report as page
from reports.runs import loading
from tests.bench.suite.conftest import suite_command
from tests.conftest import ROOT

INSTANT = Path(__file__).parent / "instant"
PLAN = """
description = "a few quick trials"
block_seconds = 0.005
order_seed = 3
[[trials]]
models = ["lenet"]
datasets = ["synthetic-1x32x32-10-256"]
batch_sizes = [4, 8, 16]
seeds = [1, 2]
epochs = 4
[trials.optimizer]
name = "sgd"
learning_rate = 0.01
"""
# With two revisions that take turns, which is twice as many trials.
PAIRS_PLAN = PLAN.replace("[4, 8, 16]", "[4, 8]").replace("seeds = [1, 2]\n", "")
# One repeat, of which nobody can tell a difference, so that no trial is run again for that.
PAIRS = ("--against=HEAD", "--repeats=1")
MOST_RESTARTS = 1000


@dataclass
class Killings:
    """What came of kills.

    Attributes:
        kills: of hosts that ran.
        torn: of those that left half a record.
        lost: a sentence for each thing that was not as it should be.
    """

    kills: int = 0
    runs: int = 0
    torn: int = 0
    before_the_first: int = 0
    lost: list[str] = field(default_factory=list)


def kill_hosts(
    folder: Path, wanted: int, seed: int, options: Sequence[str] = (), plan_text: str = PLAN
) -> Killings:
    """Kill the host so many times, in as many runs as that takes, and look at each run's end.

    Args:
        seed: of the moments.
        options: of the suite, beside the plan and the instant framework.
    """
    moments = random.Random(seed)
    folder.mkdir(parents=True, exist_ok=True)
    plan = folder / "kills.toml"
    plan.write_text(plan_text)
    start = [*instant_options(plan), *options]
    unbroken, seconds = _unbroken(folder / "unbroken", start)
    found = Killings()
    while found.kills < wanted:
        found.runs += 1
        _one_run(folder / f"run{found.runs}", start, unbroken, seconds, moments, wanted, found)
    return found


def _unbroken(folder: Path, options: Sequence[str]) -> tuple[Path, float]:
    start = time.monotonic()
    host = _start(folder, options)
    if host.wait() != 0:
        raise RuntimeError(f"The unbroken run ended with {host.returncode}: {_said(folder)}")
    return _run_in(folder), time.monotonic() - start


def _one_run(
    folder: Path,
    start: Sequence[str],
    unbroken: Path,
    seconds: float,
    moments: random.Random,
    wanted: int,
    found: Killings,
) -> None:
    """Start, kill, resume, kill ... until the run is complete."""
    kept: list[bytes] = []
    for _ in range(MOST_RESTARTS):
        resumable = list((folder / "results").glob("*/run.json"))
        host = _start(folder, ["--resume=latest"] if resumable else start)
        # Also after the last trial, while the report is made, and sometimes not at all.
        if found.kills < wanted and not _ends_within(host, moments.uniform(0, 1.1 * seconds)):
            workers = _workers(host)
            host.send_signal(signal.SIGKILL)
            host.wait()
            found.kills += 1
            _, alive = psutil.wait_procs(workers, timeout=60)
            found.lost += [f"{folder.name}: worker {one.pid} outlived its host" for one in alive]
            kept = _look(folder, kept, found)
            continue
        if host.wait() != 0:
            found.lost.append(f"{folder.name}: ended with {host.returncode}: {_said(folder)}")
            return
        kept = _look(folder, kept, found)
        found.lost += [
            f"{folder.name}: {words}" for words in differences(unbroken, _run_in(folder))
        ]
        return
    found.lost.append(f"{folder.name}: not complete after {MOST_RESTARTS} starts")


def _look(folder: Path, kept: list[bytes], found: Killings) -> list[bytes]:
    """What is on the disk now has to begin with what was there the last time."""
    files = list((folder / "results").glob("*/records.jsonl"))
    if not files:
        found.before_the_first += 1
        return kept
    content = files[-1].read_bytes()
    *whole, torn = content.split(b"\n")
    found.torn += bool(torn)
    if whole[: len(kept)] != kept:
        found.lost.append(f"{folder.name}: a record that was there is gone")
    return whole


def differences(unbroken: Path, run: Path) -> list[str]:
    """What in a run that was killed and went on is not as in one that was not."""
    found = []
    records, problems = read_records(run / "records.jsonl")
    found += problems
    expected = {one.trial.id: one for one in read_records(unbroken / "records.jsonl")[0]}
    times = Counter(one.trial.id for one in records)
    found += [f"{name} is missing" for name in expected if not times[name]]
    found += [f"{name} is there {times[name]} times" for name in times if times[name] > 1]
    found += [
        f"{one.trial.id} differs: {words}"
        for one in records
        if one.trial.id in expected
        and (words := _differing_fields(make_timeless(one), make_timeless(expected[one.trial.id])))
    ]
    found += [f"digests: {words}" for words in _unchained(run)]
    if timeless_page(unbroken) != timeless_page(run):
        found.append("the report differs in more than times")
    if page.render(loading.read_runs(run)) != run.joinpath("report.html").read_text("utf-8"):
        found.append("report.html is not that of its records")
    statistics = [_benchmarks(one) for one in (unbroken, run)]
    if statistics[0] != statistics[1]:
        found.append("benchmark.json differs")
    return found


def _differing_fields(one: Record, other: Record) -> str:
    pairs = {name: (getattr(one, name), getattr(other, name)) for name in one.__slots__}
    return "; ".join(f"{name} {a} {b}" for name, (a, b) in pairs.items() if a != b)


def make_timeless(record: Record) -> Record:
    """The record as it would be if all took the same time on a machine where nothing happens."""
    samples = sum(block.samples for block in record.blocks)
    steps = sum(block.steps for block in record.blocks)
    return replace(
        record,
        run="run",
        started="2026-01-02T03:04:05+00:00",
        seconds=Times(**dict.fromkeys(structs.asdict(record.seconds), 1.0)),
        memory=Memory(**dict.fromkeys(structs.asdict(record.memory), 1)),
        blocks=(TimedBlock(steps, samples, 1.0, False),),
        epochs=tuple(
            structs.replace(one, seconds=1.0, evaluation_seconds=1.0) for one in record.epochs
        ),
        load=Load(),
        # Its reason is that of a worker that ended before the first sample.
        absent={name: why for name, why in record.absent.items() if name != PEAK_ANONYMOUS},
        steady=None,
        fitness=(),
    )


@cache
def timeless_page(run: Path) -> str:
    """The report of a run whose times, and all that depends on times, are made equal."""
    records = map(make_timeless, read_records(run / "records.jsonl")[0])
    return page.render(loading.LoadedRuns("run", tuple(records), (), ("run",)))


def _unchained(run: Path) -> Sequence[str]:
    chain = follow(run.joinpath("records.jsonl").read_bytes().splitlines(keepends=True))
    manifest = read_manifest(run)
    if manifest is None or manifest.end is None:
        return ["run.json does not say that the run ended"]
    wrong = list(chain.broken)
    if chain.first != manifest.digest:
        wrong.append("the first record does not follow run.json")
    if (manifest.end.records, manifest.end.digest) != (chain.sealed, chain.last):
        wrong.append("run.json says another end")
    return wrong


def _benchmarks(run: Path) -> list[tuple[str, str]]:
    document = json.loads(run.joinpath("benchmark.json").read_text("utf-8"))
    return sorted((one["fullname"], one["group"]) for one in document["benchmarks"])


def instant_options(plan: Path) -> list[str]:
    """Options of the suite for a plan in the framework that computes nothing."""
    return [
        f"--plan={plan}",
        f"--impls={INSTANT}",
        "--frameworks=instant",
        f"--python=instant={sys.executable}",
        "--device=cpu",
        "--skip-verification",
        "--skip-ceilings",
    ]


def _start(folder: Path, options: Sequence[str]) -> "subprocess.Popen[bytes]":
    folder.mkdir(exist_ok=True)
    with (folder / "output").open("ab") as output:
        return subprocess.Popen(
            suite_command(folder, *options),
            cwd=ROOT,
            env={**os.environ, "TMPDIR": str(folder)},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )


def _ends_within(host: "subprocess.Popen[bytes]", seconds: float) -> bool:
    try:
        host.wait(seconds)
    except subprocess.TimeoutExpired:
        return False
    return True


def _workers(host: "subprocess.Popen[bytes]") -> list[psutil.Process]:
    try:
        return psutil.Process(host.pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def _run_in(folder: Path) -> Path:
    (found,) = (path.parent for path in (folder / "results").glob("*/run.json"))
    return found


def _said(folder: Path) -> str:
    lines = (folder / "output").read_text("utf-8", errors="replace").strip().splitlines()
    return " / ".join(lines[-3:])
