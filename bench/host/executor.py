"""Runs a worker: a fresh process in a session of its own, its events read from a channel."""

import json
import os
import selectors
import signal
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any, Protocol

Event = Mapping[str, Any]

# How often the reader looks whether the worker still lives while nothing comes:
# a child of the worker could hold the channel open.
POLL_SECONDS = 0.5
# After its last event a worker only has to end.
GRACE_SECONDS = 30
LOG_TAIL_CHARACTERS = 2000


@dataclass(frozen=True)
class Invocation:
    """What to start.

    Attributes:
        command: program and arguments; the channel's descriptor is appended as the last one.
        environment: all the variables that the process sees.
        log: file that gets its standard output and error.
        standard_input: text that it reads.
    """

    command: Sequence[str]
    environment: Mapping[str, str]
    log: Path
    standard_input: str
    time_limit_seconds: float


@dataclass(frozen=True)
class Outcome:
    """How a worker ended; `failure` is a sentence, None for exit status 0."""

    failure: str | None
    timed_out: bool
    seconds: float
    log_tail: str


class Executor(Protocol):
    """Something that can run a worker."""

    def run(self, invocation: Invocation, on_event: Callable[[Event], None]) -> Outcome:
        """Run to the end; each event is handed on as it comes."""


class LocalProcess:
    """Runs workers on this machine, one at a time."""

    def run(self, invocation: Invocation, on_event: Callable[[Event], None]) -> Outcome:
        """Run to the end; no process of the worker's session is left, whatever happens."""
        start = monotonic()
        deadline = start + invocation.time_limit_seconds
        with _started(invocation) as (process, channel):
            garbage = self._pump(process, channel, deadline, on_event)
            timed_out = not _ended(process, deadline)
        failure = garbage or (None if timed_out else _failure(process.returncode))
        return Outcome(failure, timed_out, monotonic() - start, _tail(invocation.log))

    def _pump(
        self,
        process: "subprocess.Popen[bytes]",
        channel: int,
        deadline: float,
        on_event: Callable[[Event], None],
    ) -> str | None:
        """Hand on events until the channel ends or the deadline; tells what was wrong with one."""
        rest = b""
        for chunk in _chunks(process, channel, deadline):
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                event = _parse(line)
                if event is None:
                    return f"The worker sent {line[:80]!r}, which is no event."
                on_event(event)
        return None


@contextmanager
def _started(invocation: Invocation) -> Iterator[tuple["subprocess.Popen[bytes]", int]]:
    read_end, write_end = os.pipe()
    try:
        with invocation.log.open("wb") as log:
            process = subprocess.Popen(
                [*invocation.command, str(write_end)],
                env=dict(invocation.environment),
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                pass_fds=(write_end,),
                start_new_session=True,
            )
    except BaseException:
        os.close(read_end)
        raise
    finally:
        os.close(write_end)
    try:
        _feed(process, invocation.standard_input)
        yield process, read_end
    finally:
        # The whole session: frameworks may start helpers of their own.
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        os.close(read_end)


def _feed(process: "subprocess.Popen[bytes]", text: str) -> None:
    assert process.stdin is not None  # it is a pipe, see _started
    # A worker that died at once says why by its exit status.
    with suppress(BrokenPipeError):
        process.stdin.write(text.encode())
        process.stdin.flush()
    with suppress(BrokenPipeError):
        process.stdin.close()


def _chunks(process: "subprocess.Popen[bytes]", channel: int, deadline: float) -> Iterator[bytes]:
    """Bytes from the channel until it ends, its process ends, or the deadline."""
    with selectors.DefaultSelector() as selector:
        selector.register(channel, selectors.EVENT_READ)
        while (left := deadline - monotonic()) > 0:
            alive = process.poll() is None
            if selector.select(min(left, POLL_SECONDS) if alive else 0):
                chunk = os.read(channel, 65536)
                if not chunk:
                    return
                yield chunk
            elif not alive:
                return


def _ended(process: "subprocess.Popen[bytes]", deadline: float) -> bool:
    """Whether the process ends by itself: by the deadline, or soon after its channel closed."""
    with suppress(subprocess.TimeoutExpired):
        process.wait(max(0.0, min(deadline - monotonic(), GRACE_SECONDS)))
    return process.poll() is not None


def _parse(line: bytes) -> Event | None:
    try:
        event = json.loads(line)
    except ValueError:
        return None
    return event if isinstance(event, dict) and "event" in event else None


def _failure(status: int | None) -> str | None:
    if status == 0:
        return None
    if status is not None and status < 0:
        try:
            name = signal.Signals(-status).name
        except ValueError:
            name = f"signal {-status}"
        return f"The worker was ended by {name}."
    return f"The worker ended with exit status {status}."


def _tail(log: Path) -> str:
    try:
        return log.read_bytes()[-LOG_TAIL_CHARACTERS:].decode("utf-8", errors="replace").strip()
    except OSError:
        return ""
