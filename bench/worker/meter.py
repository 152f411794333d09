"""What the worker reads about itself: its memory and installed versions."""

import importlib.metadata
import platform
import re
import resource
import sys
from pathlib import Path


def memory_of_process() -> dict[str, int]:
    """Bytes of this process: its largest resident set so far, and what is anonymous of it now.

    Anonymous memory is what the process allocated; the rest are pages of files, such as the
    framework's libraries, that count as far as they happen to be mapped. On Linux from
    /proc; elsewhere only the largest resident set is known. There, getrusage's figure would
    start at that of the process that forked this one.
    """
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return {"resident_bytes": peak if sys.platform == "darwin" else peak * 1024}
    kibibytes = dict(line.split(":", 1) for line in lines)
    return {
        name: int(kibibytes[key].split()[0]) * 1024
        for name, key in (("resident_bytes", "VmHWM"), ("anonymous_bytes", "RssAnon"))
        if key in kibibytes
    }


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
