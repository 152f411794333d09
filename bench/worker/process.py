"""The edges of a worker's process: its job, its channel to the host, and its end with the host."""

import ctypes
import gc
import json
import os
import select
import signal
import sys
import traceback
from collections.abc import Callable
from typing import Any

from bench.errors import DivergedError, SamestepError

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
