"""A worker that verifies several cells, one after the other: its framework is imported once."""

import os
from contextlib import suppress
from queue import Empty, SimpleQueue
from threading import Thread
from time import monotonic

from bench.host.process.executor import Executor, Invocation
from bench.host.process.outcome import Event, WorkerOutcome, explain_failure
from bench.protocol.verification import VerificationJob


class SharedWorker:
    """A worker that takes one job after the other until one fails.

    The executor listens to it in a thread, until its process has ended.

    Args:
        jobs: the pipe that the invocation's job names as the source of more; closed here.
        seconds: that each job may take.
    """

    def __init__(
        self, executor: Executor, invocation: Invocation, jobs: int, seconds: float
    ) -> None:
        self._executor = executor
        self._invocation = invocation
        self._jobs = jobs
        self._seconds = seconds
        # An outcome comes last, when the process has ended.
        self._heard: SimpleQueue[Event | WorkerOutcome] = SimpleQueue()
        self._thread = Thread(target=self._listen)
        self._thread.start()

    def hand_over(self, job: VerificationJob) -> None:
        """Give it the next job."""
        # One that has died meanwhile says so itself.
        with suppress(BrokenPipeError):
            os.write(self._jobs, (job.to_json() + "\n").encode())

    def wait(self) -> tuple[list[Event], str | None, str]:
        """Wait for the end of a job; return its events and, if it failed, why and the log's end."""
        events: list[Event] = []
        deadline = monotonic() + self._seconds
        while True:
            try:
                heard = self._heard.get(timeout=max(0.0, deadline - monotonic()))
            except Empty:
                return events, f"It was stopped after {self._seconds:g} s.", ""
            if isinstance(heard, WorkerOutcome):
                return events, explain_failure(events, heard), heard.log_tail
            events.append(heard)
            if heard["event"] == "finished":
                return events, None, ""

    def end(self) -> None:
        """End it, whatever it does."""
        os.close(self._jobs)
        self._executor.end(self._invocation)
        self._thread.join()

    def _listen(self) -> None:
        self._heard.put(self._executor.run(self._invocation, self._heard.put))
