"""The versions that a finding belongs to."""

import platform
from contextlib import suppress

from bench.host.machine.description import commit
from bench.host.machine.finding import Finding
from bench.host.machine.nvml import VisibleGpu
from bench.host.machine.unreadable import UnreadableError


def versions_finding(gpu: VisibleGpu) -> Finding:
    """Samestep, the host's Python, the kernel, and NVIDIA's driver where a GPU is used."""
    parts = [
        f"samestep {commit() or 'outside a checkout'}",
        f"Python {platform.python_version()}",
        f"{platform.system()} {platform.release()}",
    ]
    with suppress(UnreadableError):  # without a GPU there is none to name
        parts.append(f"NVIDIA driver {gpu.driver()}")
    return Finding("versions", "ok", ", ".join(parts))
