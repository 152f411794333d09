"""Runs suites in forks of a process that has imported what they, and their reports, need.

`python -m tests.bench.suite.zygote`: each line of its standard input is what a suite is started
with, as JSON; the answer is a line with the exit status. It ends with its standard input.
"""

import gc
import importlib
import json
import os
import runpy
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Sequence
from functools import partial
from typing import IO, NoReturn

from bench.host import fitness
from bench.host.fitness import processor
from bench.host.machine.speed import time_pieces
from bench.suite import verdict

# Not `reports` itself, nor pytest's plugins: each run has these anew.
MODULES = (
    *("pytest", "bench.host.session.opening", "bench.host.session.session"),
    *(
        "reports.compare.command",
        "reports.content.export",
        "reports.page.report",
        "reports.compare.rendering",
    ),
)
# Of a machine that tests keep busy, a short look tells as much.
NOISE_SECONDS, LOOK_SECONDS = 0.02, 0.02


def main() -> None:
    """Run one suite after the other."""
    for name in MODULES:
        importlib.import_module(name)
    vars(fitness)["time_pieces"] = partial(time_pieces, seconds=NOISE_SECONDS)
    processor.LOOK_SECONDS = LOOK_SECONDS
    verdict.run_reports = _run_reports
    gc.freeze()
    while line := sys.stdin.readline():
        request = json.loads(line)
        child = os.fork()
        if child == 0:
            os.environ.clear()
            os.environ.update(request["variables"])
            with open(request["output"], "wb") as output:
                _redirect(output, output)
            # It ends as any process of Python does, with what it has registered for that.
            _execute("pytest", request["arguments"])
            return
        print(_wait(child), flush=True)


def _run_reports(*arguments: str) -> "subprocess.CompletedProcess[str]":
    """As bench.suite.verdict has it, in a fork."""
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        child = os.fork()
        if child == 0:
            _redirect(output, errors)
            _end_as("reports", arguments)
        status = _wait(child)
        texts = []
        for file in (output, errors):
            file.seek(0)
            texts.append(file.read().decode())
    return subprocess.CompletedProcess(arguments, status, *texts)


def _redirect(output: IO[bytes], errors: IO[bytes]) -> None:
    with open(os.devnull, "rb") as nothing:
        for standard, file in enumerate((nothing, output, errors)):
            os.dup2(file.fileno(), standard)
    sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", 1, encoding="utf-8", closefd=False)  # noqa: SIM115


def _execute(module: str, arguments: Sequence[str]) -> None:
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def _end_as(module: str, arguments: Sequence[str]) -> NoReturn:
    """What called the fork has its own end, in another process."""
    status = 0
    try:
        _execute(module, arguments)
    except SystemExit as error:
        status = int(error.code or 0)
    except BaseException:
        traceback.print_exc()
        status = 1
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


def _wait(child: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


if __name__ == "__main__":
    main()
