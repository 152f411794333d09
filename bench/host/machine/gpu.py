"""Finds NVIDIA GPUs through NVML, the library that nvidia-smi stands on."""

from dataclasses import dataclass
from pathlib import Path

from bench.host.machine.nvml import MISSING_LIBRARY, NVML, NVML_ERRORS

# What NVIDIA's driver shows of itself: a device in this container, or itself on this machine.
TRACES = ("dev/nvidia[0-9]*", "proc/driver/nvidia/version")


@dataclass(frozen=True)
class Gpu:
    """One NVIDIA GPU."""

    name: str
    memory_bytes: int


@dataclass(frozen=True)
class Gpus:
    """The GPUs of this machine.

    Attributes:
        driver: version of NVIDIA's driver.
        reason: why there is none, where there is none.
        told: whether anybody could be asked: without nvidia-ml-py, nobody knows.
    """

    gpus: tuple[Gpu, ...]
    driver: str | None
    reason: str | None
    told: bool = True


def detect_gpus() -> Gpus:
    """The GPUs that NVIDIA's driver knows of."""
    if NVML is None:
        return Gpus((), None, MISSING_LIBRARY, told=False)
    try:
        NVML.nvmlInit()
    except NVML_ERRORS as error:
        return Gpus((), None, f"NVML: {error}")
    try:
        handles = [
            NVML.nvmlDeviceGetHandleByIndex(index) for index in range(NVML.nvmlDeviceGetCount())
        ]
        gpus = tuple(
            Gpu(NVML.nvmlDeviceGetName(handle), NVML.nvmlDeviceGetMemoryInfo(handle).total)
            for handle in handles
        )
        driver = NVML.nvmlSystemGetDriverVersion()
    except NVML_ERRORS as error:
        return Gpus((), None, f"NVML: {error}")
    finally:
        NVML.nvmlShutdown()
    return Gpus(gpus, driver, None if gpus else "NVML finds no device")


def find_driver_trace(system: Path = Path("/")) -> Path | None:
    """A file by which NVIDIA's driver shows that it is here; None where there is none."""
    return next((found for trace in TRACES for found in sorted(system.glob(trace))), None)
