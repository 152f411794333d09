"""`python -m tests.faults.soak`: one host and thousands of small trials; nothing may grow."""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from tests.bench.suite.conftest import suite_command
from tests.conftest import ROOT
from tests.faults.kills import instant_options

PLAN = """
description = "many small trials"
block_seconds = 0.005
[[trials]]
models = ["lenet"]
datasets = ["synthetic-1x32x32-10-256"]
batch_sizes = [8]
repeats = {repeats}
epochs = 2
[trials.optimizer]
name = "sgd"
learning_rate = 0.01
"""
MEBIBYTE = 2**20
# Until the end of a run pytest keeps three reports, and pytest-benchmark the rounds and what the
# record says beside them, of every trial: traced, these are 8 KiB.
KEPT_BYTES_A_TRIAL = 16 * 1024


@dataclass(frozen=True)
class Sample:
    """What the host held at a moment, between two trials or during one.

    Attributes:
        memory: bytes that are the host's alone.
        processes: the host's descendants.
        temporary: entries in its temporary folder.
    """

    seconds: float
    trials: int
    memory: int
    files: int
    processes: int
    temporary: int


def main() -> int:
    """The exit status: 0 where nothing grew."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=120, metavar="N")
    parser.add_argument("--every", type=float, default=10, metavar="SECONDS", help="of a look")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="samestep-soak-") as folder:
        samples = soak(Path(folder), 60 * options.minutes, options.every)
    _print(samples)
    return 1 if growth(samples) else 0


def soak(folder: Path, seconds: float, every: float, least_trials: int = 0) -> list[Sample]:
    """Run trials for so long, and until there are enough; look at the host every now and then."""
    temporary = folder / "temporary"
    temporary.mkdir()
    plan = folder / "soak.toml"
    # More than there is time for: none takes less than a third of a second.
    plan.write_text(PLAN.format(repeats=int(3 * seconds) + 1))
    with (folder / "output").open("wb") as output:
        host = subprocess.Popen(
            suite_command(folder, *instant_options(plan)),
            cwd=ROOT,
            env={**os.environ, "TMPDIR": str(temporary)},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        process = psutil.Process(host.pid)
        return _watch(process, folder, temporary, seconds, every, least_trials)
    finally:
        host.terminate()
        host.wait()


def _watch(
    host: psutil.Process,
    folder: Path,
    temporary: Path,
    seconds: float,
    every: float,
    least_trials: int,
) -> list[Sample]:
    samples: list[Sample] = []
    start = time.monotonic()
    trials = 0
    while (now := time.monotonic() - start) < seconds or trials < least_trials:
        time.sleep(every)
        if not host.is_running() or host.status() == psutil.STATUS_ZOMBIE:
            said = (folder / "output").read_text(errors="replace").splitlines()[-5:]
            raise RuntimeError(f"The host ended by itself: {said}")
        trials = _trials(folder)
        samples.append(
            Sample(
                now,
                trials,
                host.memory_full_info().uss,
                host.num_fds(),
                len(host.children(recursive=True)),
                sum(1 for _ in temporary.rglob("*")),
            )
        )
    return samples


def _trials(folder: Path) -> int:
    """How many records there are: a line each. They are not read, which would take ever longer."""
    found = list((folder / "results").glob("*/records.jsonl"))
    return found[0].read_bytes().count(b"\n") if found else 0


def growth(samples: Sequence[Sample]) -> list[str]:
    """What the last quarter of the samples has more of than the second one.

    The first quarter fills caches. Of each quarter the smallest counts: what is left behind stays
    from trial to trial, and what a trial holds for a moment does not (starting a worker takes some
    more files for a millisecond, which a look every ten seconds sees once in hours).
    """
    before, after = _quarters(samples)
    if not before:
        return ["there are too few samples to tell"]
    trials = _more("trials", before, after)
    allowed = {"memory": trials * KEPT_BYTES_A_TRIAL + MEBIBYTE}
    found = []
    for name in ("memory", "files", "processes", "temporary"):
        more = _more(name, before, after)
        if more > allowed.get(name, 0):
            found.append(f"{name}: {more:,} more after {trials:,} trials")
    return found


def _quarters(samples: Sequence[Sample]) -> tuple[Sequence[Sample], Sequence[Sample]]:
    quarter = len(samples) // 4
    return samples[quarter : 2 * quarter], samples[3 * quarter :]


def _more(name: str, before: Sequence[Sample], after: Sequence[Sample]) -> int:
    least: list[int] = [min(getattr(one, name) for one in part) for part in (before, after)]
    return least[1] - least[0]


def _kept(samples: Sequence[Sample]) -> str:
    """What a trial's results take in the host until the end: reports, times, digests."""
    before, after = _quarters(samples)
    trials = _more("trials", before, after) if before else 0
    if not trials:
        return "unknown"
    kept = _more("memory", before, after) / trials / 1024
    return f"{kept:.1f} KiB of results a trial (at most {KEPT_BYTES_A_TRIAL / 1024:.0f})"


def _print(samples: Sequence[Sample]) -> None:
    print("  minutes   trials      MiB   files   processes   temporary files")
    for one in samples[:: max(1, len(samples) // 24)]:
        print(
            f"{one.seconds / 60:9.1f} {one.trials:8,} {one.memory / MEBIBYTE:8.1f} {one.files:7} "
            f"{one.processes:11} {one.temporary:17}"
        )
    print("kept:", _kept(samples))
    print("grew:", "; ".join(growth(samples)) or "nothing")


if __name__ == "__main__":
    sys.exit(main())
