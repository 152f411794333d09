"""Runs a worker: a fresh process in a session of its own, its events read from a channel."""

import json
import os
import resource
import selectors
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from time import monotonic
from typing import Any, Protocol

from bench.host.monitor.sampler import Monitor, Sampler, Unmonitored

Event = Mapping[str, Any]

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
        memory_limit_bytes: of what it may allocate; None for no limit.
        descriptors: files that are handed over to it: once it has been started, or could not be,
            they are closed here.
    """

    command: Sequence[str]
    environment: Mapping[str, str]
    log: Path
    standard_input: str
    time_limit_seconds: float
    memory_limit_bytes: int | None = None
    descriptors: Sequence[int] = ()


@dataclass(frozen=True)
class Outcome:
    """How a worker ended; `failure` is a sentence, None for exit status 0."""

    failure: str | None
    timed_out: bool
    seconds: float
    log_tail: str


def unfinished(events: Sequence[Event], outcome: Outcome, time_limit_seconds: float) -> str | None:
    """Why a worker did not get to its event `finished`, in a sentence; None where it did."""
    kinds = {str(event["event"]): event for event in events}
    if "error" in kinds:
        return str(kinds["error"].get("reason"))
    if "finished" in kinds:
        return None
    if outcome.timed_out:
        return f"It was stopped after {time_limit_seconds} s."
    last = outcome.log_tail.strip().splitlines()[-1:] or ["nothing"]
    ended = outcome.failure or "The worker ended before it had finished."
    return f"{ended} Its last words: {last[0]}"


class Executor(Protocol):
    """Something that can run a worker."""

    def run(
        self,
        invocation: Invocation,
        on_event: Callable[[Event], None],
        monitor: Monitor | None = None,
    ) -> Outcome:
        """Run to the end; each event is handed on as it comes, to the monitor first."""

    def stop(self) -> None:
        """End every worker that runs, from another thread; none is run any more."""


class LocalProcess:
    """Runs workers on this machine."""

    def __init__(self) -> None:
        self._running: set[subprocess.Popen[bytes]] = set()
        self._stopped = False
        self._lock = Lock()

    def stop(self) -> None:
        """Kill them; their runs end as those of workers that were killed."""
        with self._lock:
            self._stopped = True
            for process in self._running:
                _kill(process)

    def run(
        self,
        invocation: Invocation,
        on_event: Callable[[Event], None],
        monitor: Monitor | None = None,
    ) -> Outcome:
        """Run to the end; no process of the worker's session is left, whatever happens."""
        observer = monitor or Unmonitored()
        start = monotonic()
        deadline = start + invocation.time_limit_seconds
        timed_out = False
        try:
            process, channel = _launch(invocation)
        except OSError as error:
            return Outcome(f"The worker could not be started: {error}.", False, 0.0, "")

        def hand_on(event: Event) -> None:
            observer.event(event)
            on_event(event)

        try:
            self._started(process)
            observer.started(process.pid)
            sampler = Sampler(observer)
            failure = _pump(_chunks(process, channel, deadline, sampler), hand_on)
            if failure is None:
                failure, timed_out = _end(process, deadline, sampler)
        finally:
            self._ended(process)
            _clear_away(process, channel)
            observer.ended()
        return Outcome(failure, timed_out, monotonic() - start, _tail(invocation.log))

    def _started(self, process: "subprocess.Popen[bytes]") -> None:
        with self._lock:
            self._running.add(process)
            if self._stopped:
                _kill(process)

    def _ended(self, process: "subprocess.Popen[bytes]") -> None:
        with self._lock:
            self._running.discard(process)


def _pump(chunks: Iterator[bytes], hand_on: Callable[[Event], None]) -> str | None:
    """Hand on the events in what the channel gives; tells what was wrong with one."""
    rest = b""
    for chunk in chunks:
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            event = _parse(line)
            if event is None:
                return f"The worker sent {line[:80]!r}, which is no event."
            hand_on(event)
    return None


def _launch(invocation: Invocation) -> tuple["subprocess.Popen[bytes]", int]:
    """Start the worker; gives the process and the host's end of its channel."""
    read_end, write_end = os.pipe()
    try:
        # A file and not a pipe as standard input: nothing can block, whoever reads or does not.
        with invocation.log.open("wb") as log, tempfile.TemporaryFile() as standard_input:
            standard_input.write(invocation.standard_input.encode())
            standard_input.seek(0)
            process = subprocess.Popen(
                [*invocation.command, str(write_end)],
                env=dict(invocation.environment),
                stdin=standard_input,
                stdout=log,
                stderr=subprocess.STDOUT,
                pass_fds=(write_end, *invocation.descriptors),
                start_new_session=True,
            )
        if invocation.memory_limit_bytes is not None:
            _limit_memory(process, invocation.memory_limit_bytes)
    except BaseException:
        os.close(read_end)
        raise
    finally:
        for descriptor in (write_end, *invocation.descriptors):
            os.close(descriptor)
    return process, read_end


def _limit_memory(process: "subprocess.Popen[bytes]", limit: int) -> None:
    """Let allocations beyond a limit fail, as they do on a machine that has no more.

    RLIMIT_DATA counts private writable memory since Linux 4.7: not libraries, nor mapped data,
    nor address space that is only reserved. It is set once the process has started, which has
    allocated next to nothing by then.
    """
    with suppress(ProcessLookupError):
        resource.prlimit(process.pid, resource.RLIMIT_DATA, (limit, limit))


def _kill(process: "subprocess.Popen[bytes]") -> None:
    """End the worker's whole session."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)


def _clear_away(process: "subprocess.Popen[bytes]", channel: int) -> None:
    """End the whole session: frameworks may start helpers of their own."""
    _kill(process)
    process.wait()
    os.close(channel)


def _chunks(
    process: "subprocess.Popen[bytes]", channel: int, deadline: float, sampler: Sampler
) -> Iterator[bytes]:
    """Bytes from the channel until it ends, its process ends, or the deadline."""
    with selectors.DefaultSelector() as selector:
        selector.register(channel, selectors.EVENT_READ)
        while (left := deadline - monotonic()) > 0:
            # A child of the worker could hold the channel open: look whether the worker lives.
            alive = process.poll() is None
            if selector.select(min(left, sampler.seconds_left) if alive else 0):
                chunk = os.read(channel, 65536)
                if not chunk:
                    return
                yield chunk
            elif not alive:
                return
            if alive:
                sampler.tick()


def _end(
    process: "subprocess.Popen[bytes]", deadline: float, sampler: Sampler
) -> tuple[str | None, bool]:
    """Let the process end by itself: what was wrong with its end, and whether time ran out."""
    in_time = deadline - monotonic() > GRACE_SECONDS
    end = monotonic() + GRACE_SECONDS if in_time else deadline
    while (left := end - monotonic()) > 0:
        try:
            return _failure(process.wait(min(left, sampler.seconds_left))), False
        except subprocess.TimeoutExpired:
            sampler.tick()
    # The last wait may have been for a sample, and the process has ended since.
    if (status := process.poll()) is not None:
        return _failure(status), False
    if in_time:
        return f"The worker did not end within {GRACE_SECONDS} s of its last event.", False
    return None, True


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
