"""What a worker does instead of training on: the worker's side. Standard library only."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

# By then, blocks have been reported, and most warm-up is over.
AT_STEP = 30


def _raise() -> None:
    raise RuntimeError("planted: an exception")


def _segmentation_fault() -> None:
    ctypes.string_at(0)


def _abort() -> None:
    print("terminate called after throwing an instance of 'planted'", flush=True)
    os.abort()


def _kill() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _hang() -> None:
    print("planted: now silent", flush=True)
    time.sleep(3600)


def _leave() -> None:
    os._exit(0)


def _fail() -> None:
    os._exit(7)


def _garble() -> None:
    os.write(int(sys.argv[1]), b"\x00\xffplanted: no event\n")
    time.sleep(3600)


def _eat_memory() -> None:
    held = []
    while True:
        held.append(b"x" * (16 * 2**20))  # written to: what is only asked for, the kernel has


def _run_out_of_device_memory() -> None:
    """As the framework that this process has imported says it."""
    if "torch" in sys.modules:
        raise sys.modules["torch"].OutOfMemoryError("planted: CUDA out of memory.")
    if "tensorflow" in sys.modules:
        errors = sys.modules["tensorflow"].errors
        raise errors.ResourceExhaustedError(None, None, "planted: OOM when allocating tensor")
    if "mxnet" in sys.modules:
        errors = sys.modules["mxnet"].base
        raise errors.MXNetError("planted: cudaMalloc retry failed: out of memory")
    if "jax" in sys.modules:
        errors = sys.modules["jax"].errors
        raise errors.JaxRuntimeError("RESOURCE_EXHAUSTED: planted: while trying to allocate")
    raise MemoryError("planted: no device")


def _print_a_lot() -> None:
    os.write(1, b"planted: noise " * 2**16)


def _leave_a_child() -> None:
    """One that closes nothing, and that nobody waits for."""
    subprocess.Popen(["sleep", "3600"], close_fds=False)


ONCE: dict[str, Callable[[], None]] = {
    "exception": _raise,
    "segmentation fault": _segmentation_fault,
    "abort": _abort,
    "kill -9": _kill,
    "silence": _hang,
    "exit 0 without a result": _leave,
    "exit 7": _fail,
    "garbage on the channel": _garble,
    "memory over its limit": _eat_memory,
    "no memory on the device": _run_out_of_device_memory,
    "a megabyte on stdout": _print_a_lot,
    "a child left behind": _leave_a_child,
}
# Slow enough for the limit of time, fast enough for that of silence.
CRAWL = "too long"
LOSSES = {"NaN loss": float("nan"), "infinite loss": float("inf")}
# How a trial with each fault has to end.
STATUSES = {
    "exception": "failed",
    "segmentation fault": "crashed",
    "abort": "crashed",
    "kill -9": "crashed",
    "silence": "silent",
    CRAWL: "timeout",
    "exit 0 without a result": "no result",
    "exit 7": "failed",
    "garbage on the channel": "garbled",
    "memory over its limit": "out of memory",
    "no memory on the device": "out of memory",
    "a megabyte on stdout": "ok",
    "a child left behind": "ok",
    "NaN loss": "diverged",
    "infinite loss": "diverged",
}


def sabotaged(sound: type, fault: str, crawl_seconds: float) -> type:
    """A backend that does as the sound one does until a fault strikes.

    Args:
        crawl_seconds: of each step from then on, where the fault is to take too long.
    """

    class Backend(sound):  # type: ignore[misc]
        steps_taken = 0

        def step(self, inputs: Any, labels: Any) -> Any:
            self.steps_taken += 1
            if self.steps_taken == AT_STEP and fault in ONCE:
                ONCE[fault]()
            if self.steps_taken >= AT_STEP and fault == CRAWL:
                time.sleep(crawl_seconds)
            return super().step(inputs, labels)

        def losses(self, handles: Sequence[Any]) -> list[float]:
            found: list[float] = super().losses(handles)
            if self.steps_taken >= AT_STEP and fault in LOSSES:
                found[-1] = LOSSES[fault]
            return found

    return Backend
