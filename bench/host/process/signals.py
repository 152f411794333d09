"""Signals that end a command, as Ctrl-C: what it holds is let go, what is finished is shown."""

import signal
from types import FrameType

# CI cancels with the first; a terminal that is closed sends the second.
ENDING = (signal.SIGTERM, signal.SIGHUP)


def interrupt_at_the_end() -> None:
    """From now on they raise KeyboardInterrupt in the main thread."""
    for number in ENDING:
        signal.signal(number, _interrupt)


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt(signal.Signals(number).name)
