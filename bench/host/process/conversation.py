"""The host's side of a worker's channel: its events as they come, and what may go wrong with it."""

import json
import os
import selectors
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from time import monotonic

from bench.host.monitor.sampler import Sampler
from bench.host.process.outcome import Event, ProcessEnd, to_process_end

# After its last event a worker only has to end.
GRACE_SECONDS = 30
# No event comes near it; without a limit, what never ends a line would fill the host's memory.
LONGEST_EVENT_BYTES = 2**26
CHUNK_BYTES = 2**16


@dataclass(frozen=True)
class Limits:
    """What a worker may take.

    Attributes:
        seconds: from its start to its end.
        silence_seconds: from one event to the next; None for no limit but that of all.
        memory_bytes: of what it may allocate; None for no limit.
    """

    seconds: float
    silence_seconds: float | None = None
    memory_bytes: int | None = None


class Conversation:
    """Listens to a worker until its channel ends, it ends, it says nonsense, or time runs out."""

    def __init__(
        self,
        process: "subprocess.Popen[bytes]",
        channel: int,
        limits: Limits,
        sampler: Sampler,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._process = process
        self._channel = channel
        self._sampler = sampler
        self._limits = limits
        self._clock = clock
        self._heard = clock()
        self._deadline = self._heard + limits.seconds
        self._timeout = ProcessEnd("timeout", f"It was stopped after {limits.seconds:g} s.")

    def listen(self, hand_on: Callable[[Event], None]) -> ProcessEnd | None:
        """Hand on each event as it comes; say what was wrong, None if the worker ended well."""
        return self._hand_on_all(hand_on) or self._find_reached_limit() or self._wait_for_end()

    def _hand_on_all(self, hand_on: Callable[[Event], None]) -> ProcessEnd | None:
        rest = b""
        for chunk in self._read_chunks():
            *lines, rest = (rest + chunk).split(b"\n")
            if len(rest) > LONGEST_EVENT_BYTES:
                lines.append(rest)
            for line in lines:
                event = _parse(line)
                if event is None:
                    return ProcessEnd(
                        "garbled", f"The worker sent {line[:80]!r}, which is no event."
                    )
                hand_on(event)
        return None

    def _read_chunks(self) -> Iterator[bytes]:
        """Read from the channel until it ends, the process ends, or time runs out."""
        with selectors.DefaultSelector() as selector:
            selector.register(self._channel, selectors.EVENT_READ)
            while (left := min(self._deadline, self._silent_until) - self._clock()) > 0:
                # A child of the worker could hold the channel open: look whether the worker lives.
                alive = self._process.poll() is None
                if selector.select(min(left, self._sampler.seconds_left) if alive else 0):
                    chunk = os.read(self._channel, CHUNK_BYTES)
                    self._heard = self._clock()
                    if not chunk:
                        return
                    yield chunk
                elif not alive:
                    return
                if alive:
                    self._sampler.take_due_sample()

    @property
    def _silent_until(self) -> float:
        return self._heard + (self._limits.silence_seconds or float("inf"))

    def _find_reached_limit(self) -> ProcessEnd | None:
        now = self._clock()
        if self._process.poll() is not None:
            return None
        if now >= self._deadline:
            return self._timeout
        if now >= self._silent_until:
            silence = self._limits.silence_seconds
            return ProcessEnd("silent", f"It was stopped after {silence:g} s of silence.")
        return None

    def _wait_for_end(self) -> ProcessEnd | None:
        in_time = self._deadline - self._clock() > GRACE_SECONDS
        end = self._clock() + GRACE_SECONDS if in_time else self._deadline
        while (left := end - self._clock()) > 0:
            try:
                return to_process_end(self._process.wait(min(left, self._sampler.seconds_left)))
            except subprocess.TimeoutExpired:
                self._sampler.take_due_sample()
        # The last wait may have been for a sample, and the process has ended since.
        if (status := self._process.poll()) is not None:
            return to_process_end(status)
        if not in_time:
            return self._timeout
        failure = f"The worker did not end within {GRACE_SECONDS} s of its last event."
        return ProcessEnd("silent", failure)


def _parse(line: bytes) -> Event | None:
    try:
        event = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return event if isinstance(event, dict) and "event" in event else None
