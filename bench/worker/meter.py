"""What the worker reads about itself: resident memory and installed versions."""

import importlib.metadata
import platform
import re
import resource
import sys
from pathlib import Path


def peak_resident_bytes() -> int:
    """The largest resident set of this process so far.

    On Linux from /proc: getrusage's figure would start at that of the process
    that forked this one.
    """
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        lines = []
    for line in lines:
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def installed_versions() -> dict[str, str]:
    """The version of Python and of every installed distribution, by its normalised name.

    A wheel may call itself tensorflow_cpu or Jinja2; readers look for tensorflow-cpu and jinja2
    (the packaging specification "Names and normalization").
    """
    versions = {
        re.sub(r"[-_.]+", "-", distribution.metadata["Name"]).lower(): distribution.version
        for distribution in importlib.metadata.distributions()
    }
    return {"python": platform.python_version(), **dict(sorted(versions.items()))}
