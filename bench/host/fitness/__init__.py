"""Is this machine fit to measure? What bears on times, and can be looked at in three seconds."""

import os
from pathlib import Path

from bench.host.fitness.gpu import examine_gpu
from bench.host.fitness.limits import examine_limits
from bench.host.fitness.memory import examine_memory
from bench.host.fitness.others import examine_other_load
from bench.host.fitness.processor import examine_processors
from bench.host.fitness.versions import describe_versions
from bench.host.machine.description import choose_threads
from bench.host.machine.noise import examine_noise
from bench.host.machine.nvml import open_gpu
from bench.host.machine.throttling import SYSTEM
from bench.records.parts import MachineFinding


def examine_machine(
    device: str, threads: int | None = None, system: Path = SYSTEM
) -> list[MachineFinding]:
    """Examine the machine as it is now, for two seconds, of which one takes all processors.

    Args:
        device: device of the trials, `cpu` or `cuda`.
        threads: threads that frameworks will have; one for each physical core by default.
        system: folder with /proc and /sys; another one in tests.
    """
    threads = threads or choose_threads()
    with open_gpu(device, os.environ) as gpu:
        return [
            # Before the probe, which is load itself.
            *examine_other_load(),
            *examine_processors(threads, system),
            *examine_limits(threads, system),
            *examine_memory(),
            *(examine_gpu(gpu) if device != "cpu" else ()),
            examine_noise(threads),
            describe_versions(gpu),
        ]
