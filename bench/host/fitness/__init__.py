"""Is this machine fit to measure? What bears on times, and can be looked at in three seconds."""

import os
from pathlib import Path

from bench.host.fitness.gpu import gpu_findings
from bench.host.fitness.limits import limit_findings
from bench.host.fitness.memory import memory_findings
from bench.host.fitness.others import other_load_findings
from bench.host.fitness.processor import processor_findings
from bench.host.fitness.versions import versions_finding
from bench.host.machine.description import default_threads
from bench.host.machine.finding import Finding
from bench.host.machine.noise import noise_finding
from bench.host.machine.nvml import open_gpu
from bench.host.machine.throttling import SYSTEM


def examine_machine(
    device: str, threads: int | None = None, system: Path = SYSTEM
) -> list[Finding]:
    """Look at the machine as it is now; takes about two seconds and one of them all processors.

    Args:
        device: of the trials, `cpu` or `cuda`.
        threads: that frameworks will have; one for each physical core by default.
        system: where /proc and /sys are; another place in tests.
    """
    threads = threads or default_threads()
    with open_gpu(device, os.environ) as gpu:
        return [
            # Before the probe, which is load itself.
            *other_load_findings(),
            *processor_findings(threads, system),
            *limit_findings(threads, system),
            *memory_findings(),
            *(gpu_findings(gpu) if device != "cpu" else ()),
            noise_finding(threads),
            versions_finding(gpu),
        ]
