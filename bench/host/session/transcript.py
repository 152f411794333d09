"""Collects a worker's events into the measured part of a record."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any, Literal

import numpy as np
from msgspec import ValidationError, convert, structs

from bench.host.process.outcome import Event, WorkerOutcome
from bench.levels import Series, estimate_noise, find_change_points
from bench.records.parts import Epoch, Memory, TimedBlock, Times
from bench.records.results import Status

# What a process prints that ends for want of memory before it could send its error: in C++, or
# where not even Python's own start fits.
OUT_OF_MEMORY = ("std::bad_alloc", "out of memory", "Cannot allocate memory", "MemoryError")
# What MXNet prints of a signal that it catches, to end with an exit status of its own.
CRASHED = "Segmentation fault: 11"
# How a worker says why it ends by itself, and what such a trial is.
OWN_ENDS: dict[str, Status] = {"out_of_memory": "out of memory", "diverged": "diverged"}
# What to do about an end that the host made.
REMEDIES: dict[Status, str] = {
    "timeout": "Raise the plan's time_limit_seconds or make the trial shorter.",
    "silent": "Nothing had come from it meanwhile: it hangs, or the plan's silence_limit_seconds "
    "is too low for it.",
    "garbled": "Only its backend may write to the channel; correct the implementation.",
}
# What reading an event raises that is not as the protocol says.
MALFORMED = (AttributeError, KeyError, OverflowError, TypeError, ValueError, ValidationError)

State = Literal[
    "steady", "steady after warm-up", "steady after slowdown", "no steady state", "too few blocks"
]

# Fewer blocks have no segments to speak of.
LEAST_BLOCKS = 8
# Segments that differ by no more than this are as fast as each other.
SAME = 0.01
# The steady state has to hold this share of the blocks.
LEAST_SHARE = 0.5
# A single block is no stretch.
LEAST_STRETCH = 2


@dataclass
class Transcript:
    """What a worker has told so far; a trial that fails later keeps it.

    Attributes:
        processor_seconds_before: what it had taken when it began to wait for its turn; zero where
            it did not wait.
    """

    seconds: dict[str, float] = field(default_factory=dict)
    memory: dict[str, int] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    digests: dict[str, str] = field(default_factory=dict)
    blocks: list[TimedBlock] = field(default_factory=list)
    epochs: list[Epoch] = field(default_factory=list)
    losses: list[float] = field(default_factory=list)
    pending: list[float] = field(default_factory=list)
    framework_version: str | None = None
    parameters: int | None = None
    absent: dict[str, str] = field(default_factory=dict)
    processor_seconds_before: float = 0.0
    error: str | None = None
    error_status: Status = "failed"
    finished: bool = False

    def add(self, event: Event) -> None:
        """Take in one event; one outside the protocol in `bench.job` fails the trial."""
        try:
            take = getattr(self, f"_on_{event['event']}", None)
            if take is None:
                raise ValueError(f"there is no event {event['event']!r}")
            take(event)
        except MALFORMED as error:
            self.error_status = "garbled"
            self.error = (
                f"The worker's event {event['event']!r} is not as the protocol says "
                f"({type(error).__name__}: {error}); correct the implementation."
            )

    def to_fields(self) -> dict[str, Any]:
        """Return the fields of a record that come from the worker."""
        blocks, steady = _with_warmup(self.blocks)
        # Once, and not at each block: the host works beside the one that measures.
        pending = median(self.pending) if self.pending else None
        return {
            "framework_version": self.framework_version,
            "versions": self.versions,
            "digests": self.digests,
            "parameters": self.parameters,
            "seconds": Times(**self.seconds, pending_seconds=pending),
            "blocks": blocks,
            "steady": steady,
            "epochs": tuple(self.epochs),
            "losses": tuple(self.losses),
            # What an implementation tells beside what there is a field for, is passed over.
            "memory": convert(self.memory, Memory),
            "absent": self.absent,
        }

    def conclude(self, outcome: WorkerOutcome) -> tuple[Status, str | None]:
        """Conclude the trial's status and why it is not ok, or what was odd."""
        if self.error is not None:
            return self.error_status, self.error
        if self.finished:
            # Its numbers are whole, whatever happened when the framework was torn down.
            return "ok", f"It finished; then: {outcome.failure}" if outcome.failure else None
        if outcome.status is None:
            return "no result", "The worker ended well but did not say that it had finished."
        status = _read_status_in_log(outcome)
        parts = (outcome.failure, REMEDIES.get(status), outcome.last_words)
        return status, " ".join(filter(None, parts))

    def _on_imported(self, event: Event) -> None:
        self.seconds["import_seconds"] = float(event["seconds"])
        self.framework_version = str(event["framework_version"])
        self.versions = dict(event["versions"])
        self._remember(event["memory"], "after_import")

    def _on_inputs(self, event: Event) -> None:
        self.seconds["inputs_seconds"] = float(event["seconds"])
        self.digests = dict(event["digests"])

    def _on_built(self, event: Event) -> None:
        self.seconds["build_seconds"] = float(event["seconds"])
        self.parameters = int(event["parameters"])
        self._remember(event["memory"], "after_build")

    def _on_waiting(self, event: Event) -> None:
        self.processor_seconds_before = float(event["processor_seconds"])

    def _on_begun(self, event: Event) -> None:
        """It trains from now on; how long it waited is no part of what it took."""

    def _on_first_step(self, event: Event) -> None:
        self.seconds["first_step_seconds"] = float(event["seconds"])

    def _on_block(self, event: Event) -> None:
        self.blocks.append(convert(event, TimedBlock))
        self.losses.extend(float(loss) for loss in event["losses"])
        # The worker of an older revision, which --against runs too, does not tell it.
        if not event["warmup"] and "pending_seconds" in event:
            self.pending.append(float(event["pending_seconds"]))

    def _on_turn(self, event: Event) -> None:
        before = self.seconds.get("waiting_seconds", 0.0)
        self.seconds["waiting_seconds"] = before + float(event["waited"])

    def _on_epoch(self, event: Event) -> None:
        self.epochs.append(convert(event, Epoch))
        self.seconds["evaluation_seconds"] = sum(epoch.evaluation_seconds for epoch in self.epochs)

    def _on_finished(self, event: Event) -> None:
        self._remember(event["memory"], "at_end")
        self.absent.update({name: str(reason) for name, reason in event["absent"].items()})
        self.finished = True

    def _remember(self, memory: Mapping[str, Any], when: str) -> None:
        """Bytes at a moment; peaks are those of the whole process so far, and have one name."""
        for name, value in memory.items():
            if name.startswith("allocator_") and name != "allocator_bytes":
                self.memory[name] = int(value)
            else:
                self.memory[name.replace("_bytes", f"_{when}_bytes")] = int(value)
        if when == "at_end" and "resident_at_end_bytes" in self.memory:
            # The worker tells its largest resident set so far.
            self.memory["peak_resident_bytes"] = self.memory.pop("resident_at_end_bytes")

    def _on_error(self, event: Event) -> None:
        self.error = str(event["reason"])
        for name, status in OWN_ENDS.items():
            if event.get(name) is True:
                self.error_status = status


def _with_warmup(blocks: list[TimedBlock]) -> tuple[tuple[TimedBlock, ...], str | None]:
    """The blocks, those before the steady state marked as warm-up, and what they look like.

    Blocks that the worker calls warm-up were shorter than they should be, and are no part of the
    series.
    """
    growing = next((place for place, block in enumerate(blocks) if not block.warmup), len(blocks))
    # A clock may stand still for a block of no work; that has no place in a series of logarithms.
    if growing == len(blocks) or any(block.seconds <= 0 for block in blocks[growing:]):
        return tuple(blocks), None
    state, warmup = find_steady([block.seconds / block.steps for block in blocks[growing:]])
    end = growing + warmup
    marked = (structs.replace(block, warmup=place < end) for place, block in enumerate(blocks))
    return tuple(marked), state


def find_steady(seconds_per_step: Sequence[float]) -> tuple[State, int]:
    """Find what the times of consecutive blocks, all above 0, look like.

    Return how many lie before the steady state, too: 0 without one. It is looked for, not assumed,
    as Barrett, Bolz-Tereick, Killick, Mount and Tratt (2017, "Virtual machine warmup blows hot and
    cold", section 4) do it for virtual machines: change points divide the series of block times
    into segments; the last segment, with those before it that are as fast, is the steady state, if
    it holds enough of the series. Change points are those that the paper's PELT finds (Killick,
    Fearnhead and Eckley 2012): the best ones.
    """
    if len(seconds_per_step) < LEAST_BLOCKS:
        return "too few blocks", 0
    series = np.log(np.asarray(seconds_per_step, dtype=np.float64))
    segments = _segments(series)
    levels = [float(np.median(series[first:end])) for first, end in segments]
    same = len(levels) - 1
    while same > 0 and abs(levels[same - 1] - levels[-1]) <= SAME:
        same -= 1
    begin = segments[same][0]
    if begin == 0:
        return "steady", 0
    if len(series) - begin < LEAST_SHARE * len(series):
        return "no steady state", 0
    before = float(np.median(series[:begin]))
    return "steady after warm-up" if before > levels[-1] else "steady after slowdown", begin


def _segments(series: Series) -> list[tuple[int, int]]:
    """[first, end) of the stretches between change points of the level."""
    # Not above: what needs no series, such as listing plans, need not load scipy.
    from scipy.ndimage import median_filter

    # A median of three takes out single blocks that something interrupted, and leaves steps.
    smooth = median_filter(series, size=3, mode="nearest")
    places = find_change_points(smooth, estimate_noise(series), LEAST_STRETCH)
    return list(zip([0, *places], [*places, len(series)], strict=True))


def _read_status_in_log(outcome: WorkerOutcome) -> Status:
    """Read the status of a worker that did not end well in what C++ printed on its way out."""
    assert outcome.status is not None
    if outcome.status not in ("failed", "crashed"):
        return outcome.status
    if any(words in outcome.log_tail for words in OUT_OF_MEMORY):
        return "out of memory"
    return "crashed" if outcome.last_words.endswith(CRASHED) else outcome.status
