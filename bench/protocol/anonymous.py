"""How much memory a process has allocated, as the worker reads it of itself and the host of it.

That is anonymous memory (RssAnon) and shared memory (RssShmem): where a framework takes its buffers
from a shared anonymous mapping, as tinygrad does on a CPU, Linux counts them in the second. Pages
of files, such as libraries and the mapped data set, are in neither, but for files in a tmpfs, which
is shared memory itself (proc(5), /proc/PID/status).
"""

ALLOCATED = ("RssAnon:", "RssShmem:")


def parse_anonymous_bytes(status: str) -> int | None:
    """Parse the text of a /proc/PID/status; None of a process that has no memory any more."""
    fields = [line.split() for line in status.splitlines()]
    kibibytes = [int(field[1]) for field in fields if field and field[0] in ALLOCATED]
    return sum(kibibytes) * 1024 if kibibytes else None
