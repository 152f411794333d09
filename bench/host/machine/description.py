"""Describes the machine that a run was measured on."""

import os
import platform
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from bench.host.machine import accounts
from bench.host.machine.limits import read_cpu_quota
from bench.host.machine.nvml import detect_gpus
from bench.records.git import UnknownCommitError, identify_checkout


def describe_machine() -> dict[str, Any]:
    """Describe processor, memory, GPUs and operating system; nothing names the user or the host."""
    gpus = detect_gpus()
    return {
        "cpu": read_cpu_name(),
        "physical_cores": accounts.count_physical_cores(),
        "logical_processors": accounts.count_logical_processors(),
        "usable_processors": count_usable_processors(),
        "memory_bytes": accounts.read_memory_bytes().get("MemTotal"),
        "operating_system": _operating_system(),
        "kernel": platform.release(),
        "architecture": platform.machine(),
        "gpus": list(gpus.gpus),
        "gpu_driver": gpus.driver,
        "gpu_reason": gpus.reason,
    }


def choose_threads(system: Path = accounts.SYSTEM) -> int:
    """Choose one thread for each physical core that this process may use, within its quota.

    More than the quota would all stop when it is used up, in the middle of what is measured.
    """
    usable = os.sched_getaffinity(0)
    cores = accounts.count_physical_cores(usable=usable) or len(usable)
    return min(cores, count_available_processors(system))


def count_usable_processors() -> int:
    """Count the logical processors that this process may run on."""
    return len(os.sched_getaffinity(0))


def count_available_processors(system: Path = accounts.SYSTEM) -> int:
    """Count the logical processors whose whole time this process may use: one at least."""
    usable, quota = count_usable_processors(), read_cpu_quota(system)
    return usable if quota is None else max(1, min(usable, int(quota)))


def read_cpu_name() -> str:
    """Read the name of the processor as the operating system gives it."""
    for line in accounts.read_lines(accounts.PROC / "cpuinfo"):
        key, _, value = line.partition(":")
        if key.strip() == "model name":
            return value.strip()
    return platform.processor() or platform.machine()


def read_commit(imported: Iterable[Path] = ()) -> str | None:
    """Read the checkout's commit, with `-dirty` where files differ; None where it is not known.

    Args:
        imported: folders that workers import from, beside the checkout's own.
    """
    try:
        return identify_checkout(imported)
    except UnknownCommitError:
        return None


def _operating_system() -> str:
    try:
        return platform.freedesktop_os_release()["PRETTY_NAME"]
    except (OSError, KeyError):
        return f"{platform.system()} {platform.release()}"
