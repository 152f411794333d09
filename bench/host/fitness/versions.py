"""The versions that a finding belongs to."""

import platform
from contextlib import suppress

from bench.host.machine.description import read_commit
from bench.host.machine.nvml import VisibleGpu
from bench.host.machine.unreadable import UnreadableError
from bench.records.parts import MachineFinding


def describe_versions(gpu: VisibleGpu) -> MachineFinding:
    """Samestep, the host's Python, the kernel, and NVIDIA's driver where a GPU is used."""
    parts = [
        f"samestep {read_commit() or 'outside a checkout'}",
        f"Python {platform.python_version()}",
        f"{platform.system()} {platform.release()}",
    ]
    with suppress(UnreadableError):  # without a GPU there is none to name
        parts.append(f"NVIDIA driver {gpu.read_driver()}")
    return MachineFinding("versions", "ok", ", ".join(parts))
