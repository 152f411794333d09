"""Ends a worker with its host: nothing may train on, unseen, beside the trials of the next run."""

import ctypes
import os
import select
import signal
import sys

# <sys/prctl.h>
PR_SET_PDEATHSIG = 1


def end_with_host(channel: int) -> None:
    """Let the kernel kill this process as soon as the host has ended, however it ended.

    Only Linux can do that (prctl(2)); elsewhere a worker ends with the next event that it sends.

    Args:
        channel: a pipe that the host reads: without a reader the host has ended already.
    """
    if sys.platform != "linux":
        return
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    poll = select.poll()
    poll.register(channel, 0)
    if any(what & select.POLLERR for _, what in poll.poll(0)):
        os._exit(1)
