"""The edges of a worker's process: its job, its channel to the host, its end with the host.

Also what it reads of itself, and how it waits for its turn, for the host's word or another worker.
"""

import ctypes
import gc
import importlib.metadata
import json
import os
import platform
import re
import resource
import select
import signal
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import Any

from bench.errors import DivergedError, SamestepError, WorkerError
from bench.job import Turns
from bench.protocol.anonymous import parse_anonymous_bytes

BYTE = b"t"  # that gives a worker its turn
# <sys/prctl.h>
PR_SET_PDEATHSIG = 1
# PyTorch's on a GPU; TensorFlow's, on any device.
OUT_OF_MEMORY_ERRORS = ("OutOfMemoryError", "ResourceExhaustedError")
OUT_OF_MEMORY_WORDS = (
    "out of memory",
    "can't allocate memory",  # PyTorch on the CPU
    "memory allocation failed",  # MXNet, CUDA
    "failed to allocate",  # MXNet
    "cannot allocate memory",  # the operating system
    "bad_alloc",
    "resource_exhausted",  # XLA
)


class Channel:
    """Sends events to the host.

    Not standard output: frameworks print there, from C++ too.
    """

    def __init__(self, descriptor: int) -> None:
        # A framework that forks must not hold the channel open after the worker has died.
        os.set_inheritable(descriptor, False)
        self._stream = os.fdopen(descriptor, "w", encoding="utf-8", buffering=1)

    def send(self, event: str, **values: Any) -> None:
        """Send one event; NaN and infinities travel as Python's JSON writes them."""
        self._stream.write(json.dumps({"event": event, **values}) + "\n")


def serve(run: Callable[[str, Channel], None]) -> int:
    """Run the job on standard input; return the exit status, 0 when it finished."""
    descriptor = int(sys.argv[1])
    end_with_host(descriptor)
    channel = Channel(descriptor)
    try:
        run(sys.stdin.read(), channel)
    except SamestepError as error:
        diverged = isinstance(error, DivergedError)
        channel.send("error", reason=str(error), out_of_memory=False, diverged=diverged)
        return 1
    # The edge of the process: whatever a framework raises becomes a record with
    # its traceback in the trial's log.
    except Exception as error:
        traceback.print_exc()
        channel.send(
            "error",
            reason=f"{type(error).__name__}: {_headline(str(error))}",
            out_of_memory=is_out_of_memory(error),
            diverged=False,
        )
        return 1
    # Python looks for cycles at its end, several times and in all that a framework has imported:
    # two thirds of its teardown, a second for PyTorch and TensorFlow, and all is freed anyway.
    gc.freeze()
    return 0


def end_with_host(channel: int) -> None:
    """Let the kernel kill this process as soon as the host has ended, however it ended.

    Nothing may train on, unseen, beside the trials of the next run.

    Only Linux can do that (prctl(2)); elsewhere a worker ends with the next event that it sends.

    Args:
        channel: a pipe that the host reads: without a reader the host has ended already.
    """
    if sys.platform != "linux":
        return
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    poll = select.poll()
    poll.register(channel, 0)
    if any(what & select.POLLERR for _, what in poll.poll(0)):
        os._exit(1)


def _headline(text: str) -> str:
    # MXNet begins with a traceback: its last line says most.
    lines = text.strip().splitlines() or [""]
    return (lines[-1] if lines[0].startswith("Traceback ") else lines[0]).strip()


def is_out_of_memory(error: Exception) -> bool:
    """Tell whether a framework says that memory, of the host or of the device, did not suffice.

    It goes by names and words, since each framework has its own exception or none.
    """
    if isinstance(error, MemoryError) or type(error).__name__ in OUT_OF_MEMORY_ERRORS:
        return True
    return any(words in str(error).lower() for words in OUT_OF_MEMORY_WORDS)


def read_process_memory() -> dict[str, int]:
    """Read the bytes of this process: its largest resident set, and its anonymous memory now.

    Anonymous memory is what the process allocated; the rest are pages of files, such as the
    framework's libraries, that count as far as they happen to be mapped. Linux tells both in
    /proc, where getrusage's figure would start at that of the process that forked this one;
    elsewhere only the largest resident set is known.
    """
    try:
        status = Path("/proc/self/status").read_text("ascii", "replace")
    except OSError:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return {"resident_bytes": peak if sys.platform == "darwin" else peak * 1024}
    peaks = [line.split()[1] for line in status.splitlines() if line.startswith("VmHWM:")]
    memory = {"resident_bytes": int(peaks[0]) * 1024} if peaks else {}
    anonymous = parse_anonymous_bytes(status)
    return memory if anonymous is None else memory | {"anonymous_bytes": anonymous}


def list_versions() -> dict[str, str]:
    """List the version of Python and of every installed distribution, by its normalized name.

    A wheel may call itself tensorflow_cpu or Jinja2; readers look for tensorflow-cpu and jinja2
    (the packaging specification "Names and normalization").
    """
    versions = {
        re.sub(r"[-_.]+", "-", distribution.metadata["Name"]).lower(): distribution.version
        for distribution in importlib.metadata.distributions()
    }
    return {"python": platform.python_version(), **dict(sorted(versions.items()))}


class StartingGate:
    """Where a worker waits that has been prepared ahead of its turn; open where there is none."""

    def __init__(self, descriptor: int | None) -> None:
        self._descriptor = descriptor
        if descriptor is not None:
            # A framework that forks must not hold it open after the host has closed it.
            os.set_inheritable(descriptor, False)

    def wait(self, channel: Channel) -> None:
        """Wait in a read, which takes no processor, until the host lets the training begin.

        Raises:
            WorkerError: it will not.
        """
        if self._descriptor is None:
            return
        usage = resource.getrusage(resource.RUSAGE_SELF)
        channel.send("waiting", processor_seconds=usage.ru_utime + usage.ru_stime)
        start = perf_counter()
        if os.read(self._descriptor, len(BYTE)) == b"":
            raise WorkerError("It was prepared for a training that was then not wanted.")
        channel.send("begun", waited=perf_counter() - start)


class Partner:
    """Another worker at the other ends of two pipes; none where the machine is all ours.

    They train in turns, block by block, so that changes of the machine meet both alike: they pass
    each other one byte. The worker that has it works; the other waits in a read, and takes no
    processor. A worker that ends, for whatever reason, closes its ends of the pipes: the other one
    reads their end, or cannot write any more, and goes on alone.
    """

    def __init__(self, turns: Turns | None = None) -> None:
        self._turns = turns
        if turns is not None:
            for descriptor in (turns.reads, turns.writes):
                # A framework that forks must not hold them open after the worker has died.
                os.set_inheritable(descriptor, False)

    def begin(self) -> None:
        """Begin if this is the first worker, else wait until that one passes its turn on."""
        if self._turns is not None and not self._turns.first:
            self._wait(self._turns)

    def pass_on(self) -> float | None:
        """Let the other worker work; return the seconds until our turn; None without another."""
        if self._turns is None:
            return None
        start = perf_counter()
        try:
            os.write(self._turns.writes, BYTE)
        except BrokenPipeError:
            self._turns = None
            return None
        self._wait(self._turns)
        return perf_counter() - start

    def _wait(self, turns: Turns) -> None:
        if os.read(turns.reads, len(BYTE)) == b"":
            self._turns = None
