"""Runs commands one after the other, and watches what they take."""

import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Thread

from bench.host.machine.accounts import UnreadableError
from bench.host.monitor.memory import AnonymousMemory, Family
from bench.host.monitor.sampler import SAMPLE_SECONDS


@dataclass(frozen=True)
class Taken:
    """What some commands took together.

    Attributes:
        seconds: on the clock.
        processor_seconds: of all their processes, user and system.
        sign_seconds: until the first line with the sign that was waited for; None without one.
        peak_bytes: largest sample of the anonymous memory of all processes together.
        failure: why they did not end well; None where they did.
    """

    seconds: float
    processor_seconds: float
    sign_seconds: float | None
    peak_bytes: int | None
    failure: str | None


def run_commands(
    commands: Sequence[Sequence[str]],
    folder: Path,
    variables: Mapping[str, str],
    sign: str | None = None,
) -> Taken:
    """Run commands in a folder, each to its end; none comes after one that fails.

    Args:
        sign: text in the line that is waited for.
    """
    start, before = time.monotonic(), os.times()
    peaks: list[int] = []
    signs: list[float] = []
    failure = None
    for command in commands:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=dict(variables),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
        watch = Thread(target=_watch, args=(process, peaks))
        watch.start()
        last = ""
        assert process.stdout is not None
        for line in process.stdout:
            if sign is not None and sign in line:
                signs.append(time.monotonic() - start)
            last = line.strip() or last
        status = process.wait()
        watch.join()
        if status != 0:
            failure = f"`{' '.join(command[:3])} ...` ended with {status}: {last}"
            break
    after = os.times()
    return Taken(
        seconds=time.monotonic() - start,
        processor_seconds=(
            after.children_user
            + after.children_system
            - before.children_user
            - before.children_system
        ),
        sign_seconds=min(signs, default=None),
        peak_bytes=max(peaks, default=None),
        failure=failure,
    )


def _watch(process: "subprocess.Popen[str]", peaks: list[int]) -> None:
    memory, family = AnonymousMemory(), Family(process.pid)
    while process.poll() is None:
        memory.take_sample(family.find_pids())
        time.sleep(SAMPLE_SECONDS)
    try:
        peaks.append(memory.read_peak_bytes())
    except UnreadableError:
        return
