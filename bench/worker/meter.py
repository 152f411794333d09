"""Reads the worker's own memory and the versions that are installed."""

import importlib.metadata
import platform
import re
import resource
import sys
from pathlib import Path

from bench.protocol.anonymous import parse_anonymous_bytes


def read_process_memory() -> dict[str, int]:
    """Read the bytes of this process: its largest resident set, and its anonymous memory now.

    Anonymous memory is what the process allocated; the rest are pages of files, such as the
    framework's libraries, that count as far as they happen to be mapped. Linux tells both in
    /proc, where getrusage's figure would start at that of the process that forked this one;
    elsewhere only the largest resident set is known.
    """
    try:
        status = Path("/proc/self/status").read_text("ascii", "replace")
    except OSError:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return {"resident_bytes": peak if sys.platform == "darwin" else peak * 1024}
    peaks = [line.split()[1] for line in status.splitlines() if line.startswith("VmHWM:")]
    memory = {"resident_bytes": int(peaks[0]) * 1024} if peaks else {}
    anonymous = parse_anonymous_bytes(status)
    return memory if anonymous is None else memory | {"anonymous_bytes": anonymous}


def list_versions() -> dict[str, str]:
    """List the version of Python and of every installed distribution, by its normalized name.

    A wheel may call itself tensorflow_cpu or Jinja2; readers look for tensorflow-cpu and jinja2
    (the packaging specification "Names and normalization").
    """
    versions = {
        re.sub(r"[-_.]+", "-", distribution.metadata["Name"]).lower(): distribution.version
        for distribution in importlib.metadata.distributions()
    }
    return {"python": platform.python_version(), **dict(sorted(versions.items()))}
