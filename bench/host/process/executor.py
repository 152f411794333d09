"""Runs a worker: a fresh process in a session of its own, its events read from a channel."""

import os
import resource
import signal
import subprocess
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from time import monotonic

from bench.codec import Message
from bench.host.frameworks.framework import ROOT
from bench.host.frameworks.setup import Setup, build_worker_environment
from bench.host.machine.accounts import count_out_of_memory_kills
from bench.host.monitor.sampler import Monitor, Sampler
from bench.host.process.conversation import Conversation, Limits
from bench.host.process.outcome import Event, Listener, ProcessEnd, WorkerOutcome

LOG_TAIL_CHARACTERS = 2000
# Why SIGKILL came where the kernel has just ended processes for want of memory.
KERNEL_KILL = (
    "The kernel killed the worker for want of memory: the machine, or what its container may use, "
    "has no more."
)


@dataclass(frozen=True)
class Invocation:
    """What to start.

    Attributes:
        command: program and arguments; the channel's descriptor is appended as the last one.
        environment: all the variables that the process sees.
        log: file that gets its standard output and error.
        standard_input: text that it reads.
        descriptors: files that are handed over to it: once it has been started, or could not be,
            they are closed here.
        clock: by which its limits count.
    """

    command: Sequence[str]
    environment: Mapping[str, str]
    log: Path
    standard_input: str
    limits: Limits
    descriptors: Sequence[int] = ()
    clock: Callable[[], float] = monotonic


def prepare_invocation(
    module: str,
    job: Message,
    python: Path,
    setup: Setup,
    log: Path,
    limits: Limits,
    root: Path = ROOT,
) -> Invocation:
    """Describe the process that does a job.

    Args:
        module: the worker's program, such as `bench.worker`.
        root: checkout whose worker runs.
    """
    environment = build_worker_environment(setup.environment, setup.execution.device, root)
    command = (str(python), "-P", "-m", module)
    return Invocation(command, environment, log, job.to_json(), limits)


class Executor:
    """Runs workers on this machine."""

    def __init__(self) -> None:
        self._running: dict[subprocess.Popen[bytes], Invocation] = {}
        self._stopped = False
        self._lock = Lock()

    def stop(self) -> None:
        """Kill every worker that runs, from another thread; none is run any more."""
        with self._lock:
            self._stopped = True
            for process in self._running:
                _kill(process)

    def end(self, invocation: Invocation) -> None:
        """Kill the worker of an invocation, from another thread, if it runs."""
        with self._lock:
            for process, own in self._running.items():
                if own is invocation:
                    _kill(process)

    def gather(self, invocation: Invocation) -> tuple[list[Event], WorkerOutcome]:
        """Run a worker to its end; return its events and its outcome."""
        events: list[Event] = []
        outcome = self.run(invocation, events.append)
        return events, outcome

    def run(
        self, invocation: Invocation, on_event: Listener, monitor: Monitor | None = None
    ) -> WorkerOutcome:
        """Run to the end; no process of the worker's session is left, whatever happens.

        Each event is handed on as it comes, to the monitor first.
        """
        observer, clock = monitor or Monitor(), invocation.clock
        start, kills = clock(), count_out_of_memory_kills()
        try:
            process, channel = _launch(invocation)
        except OSError as error:
            return WorkerOutcome(f"The worker could not be started: {error}.", "failed", 0.0, "")

        def hand_on(event: Event) -> None:
            observer.handle_event(event)
            on_event(event)

        try:
            with self._lock:
                self._running[process] = invocation
                if self._stopped:
                    _kill(process)
            observer.start(process.pid)
            conversation = Conversation(
                process, channel, invocation.limits, Sampler(observer, clock), clock
            )
            end = conversation.listen(hand_on)
        finally:
            with self._lock:
                self._running.pop(process, None)
            _kill(process)
            process.wait()
            os.close(channel)
            observer.end()
        # One that was ended here, for another reason, did not crash.
        killed = end is not None and end.status == "crashed"
        killed = killed and process.returncode == -signal.SIGKILL
        if killed and count_out_of_memory_kills() > kills:
            end = ProcessEnd("out of memory", KERNEL_KILL)
        return WorkerOutcome(
            end.failure if end else None,
            end.status if end else None,
            clock() - start,
            _tail(invocation.log),
        )


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
        if invocation.limits.memory_bytes is not None:
            _limit_memory(process, invocation.limits.memory_bytes)
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
    """End the worker's whole session: frameworks may start helpers of their own."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)


def _tail(log: Path) -> str:
    try:
        return log.read_bytes()[-LOG_TAIL_CHARACTERS:].decode("utf-8", errors="replace").strip()
    except OSError:
        return ""
