"""Feeds a reader, and keeps count."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from types import FrameType

from hypothesis import HealthCheck, Phase, given, seed, settings

from tests.fuzz.mutations import inputs
from tests.fuzz.targets import Target

# A reader of small files that takes longer hangs.
MOST_SECONDS = 5


@dataclass
class Found:
    """What became of a reader's inputs.

    Attributes:
        refused: by the project's own errors, in one line.
        slowest: seconds of one input.
        failure: what else came out, and of which input; None where nothing did.
    """

    name: str
    inputs: int = 0
    read: int = 0
    refused: int = 0
    slowest: float = 0.0
    failure: str | None = None


def feed(target: Target, folder: Path, count: int, number: int) -> Found:
    """Feed a reader with so many inputs, drawn from a seed."""
    found = Found(target.name)
    work = folder / target.name.replace(" ", "-")
    work.mkdir()

    @seed(number)
    @settings(
        max_examples=count,
        deadline=None,
        database=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )
    @given(content=inputs(target.whole))
    def read(content: bytes) -> None:
        start = perf_counter()
        found.inputs += 1
        try:
            with _at_most(MOST_SECONDS):
                target.read(work, content)
            found.read += 1
        except target.errors as error:
            found.refused += 1
            refusal = str(error)
        else:
            refusal = "none"
        assert refusal, "an error without a word"
        assert "\n" not in refusal, "an error of several lines"
        found.slowest = max(found.slowest, perf_counter() - start)

    try:
        read()
    # The edge of the tool: whatever comes out of a reader is what it looks for.
    except Exception as error:
        words = " ".join(str(error).split())
        found.failure = f"{type(error).__name__}: {words[:300]}"
        notes = getattr(error, "__notes__", ())
        found.failure += "".join(f" | {' '.join(note.split())[:300]}" for note in notes)
    return found


@contextmanager
def _at_most(seconds: int) -> Iterator[None]:
    def stop(signal_number: int, frame: FrameType | None) -> None:
        raise AssertionError(f"it took longer than {seconds} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
