"""The versions that a finding belongs to."""

import platform

from bench.host.machine.description import read_commit
from bench.host.machine.nvml import VisibleGpu
from bench.host.machine.unreadable import read_or_none
from bench.records.parts import MachineFinding


def describe_versions(gpu: VisibleGpu) -> MachineFinding:
    """Describe samestep, the host's Python, the kernel, and NVIDIA's driver if a GPU is used."""
    parts = [
        f"samestep {read_commit() or 'outside a checkout'}",
        f"Python {platform.python_version()}",
        f"{platform.system()} {platform.release()}",
    ]
    if driver := read_or_none(gpu.read_driver):
        parts.append(f"NVIDIA driver {driver}")
    return MachineFinding("versions", "ok", ", ".join(parts))
