"""The worker's side of the event channel: JSON lines on a file descriptor of its own."""

import json
import os
from typing import Any


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
