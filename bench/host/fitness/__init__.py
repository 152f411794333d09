"""Is this machine fit to measure? What bears on times, and can be looked at in three seconds."""

import os
import platform
from pathlib import Path

from bench.host.fitness.gpu import examine_gpu
from bench.host.fitness.limits import examine_limits, examine_memory
from bench.host.fitness.processor import examine_other_load, examine_processors
from bench.host.machine.accounts import SYSTEM, read_or_none
from bench.host.machine.nvml import VisibleGpu, open_gpu
from bench.host.machine.speed import judge_noise, time_pieces
from bench.records.git import OUTSIDE, UnknownCommitError, identify_checkout
from bench.records.parts import MachineFinding, note_if


def examine_machine(device: str, threads: int, system: Path = SYSTEM) -> list[MachineFinding]:
    """Examine the machine as it is now, for two seconds, of which one takes all processors.

    Args:
        device: device of the trials, `cpu` or `cuda`.
        threads: number of threads that frameworks will have.
        system: folder with /proc and /sys; another one in tests.
    """
    with open_gpu(device, os.environ) as gpu:
        return [
            # Before the probe, which is load itself.
            *examine_other_load(),
            *examine_processors(threads, system),
            *examine_limits(threads, system),
            *examine_memory(),
            *(examine_gpu(gpu) if device != "cpu" else ()),
            judge_noise(time_pieces(threads), threads),
            describe_versions(gpu),
        ]


def describe_versions(gpu: VisibleGpu) -> MachineFinding:
    """Describe samestep, the host's Python, the kernel, and NVIDIA's driver if a GPU is used."""
    try:
        commit, unknown = identify_checkout(), False
    except UnknownCommitError as error:
        commit, unknown = str(error), str(error) != OUTSIDE
    parts = [
        f"samestep {commit}" if not unknown else f"samestep of an unknown commit ({commit})",
        f"Python {platform.python_version()}",
        f"{platform.system()} {platform.release()}",
    ]
    if driver := read_or_none(gpu.read_driver):
        parts.append(f"NVIDIA driver {driver}")
    return note_if(unknown, "versions", ", ".join(parts))
