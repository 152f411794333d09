"""The edges of a worker's process: what it is told, and how an error gets to the host."""

import sys
import traceback
from collections.abc import Callable

from bench.errors import SamestepError
from bench.worker.channel import Channel


def serve(run: Callable[[str, Channel], None]) -> int:
    """Run what standard input asks for; gives the exit status, 0 when it finished."""
    channel = Channel(int(sys.argv[1]))
    try:
        run(sys.stdin.read(), channel)
    except SamestepError as error:
        channel.send("error", reason=str(error))
        return 1
    # The edge of the process: whatever a framework raises becomes a record with
    # its traceback in the trial's log.
    except Exception as error:
        traceback.print_exc()
        line = (str(error).strip().splitlines() or [""])[0]
        channel.send("error", reason=f"{type(error).__name__}: {line}")
        return 1
    return 0
