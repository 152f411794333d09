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
        reason: why there is no GPU, where there is none.
        has_library: whether NVML could be asked: without nvidia-ml-py, nobody knows of a GPU.
    """

    gpus: tuple[Gpu, ...]
    driver: str | None
    reason: str | None
    has_library: bool = True


def detect_gpus() -> Gpus:
    """Find the GPUs that NVIDIA's driver knows of."""
    if NVML is None:
        return Gpus((), None, MISSING_LIBRARY, has_library=False)
    try:
        NVML.nvmlInit()
        try:
            gpus = tuple(map(_read_gpu, range(NVML.nvmlDeviceGetCount())))
            driver = NVML.nvmlSystemGetDriverVersion()
        finally:
            NVML.nvmlShutdown()
    except NVML_ERRORS as error:
        return Gpus((), None, f"NVML: {error}")
    return Gpus(gpus, driver, None if gpus else "NVML finds no device")


def _read_gpu(index: int) -> Gpu:
    handle = NVML.nvmlDeviceGetHandleByIndex(index)
    return Gpu(NVML.nvmlDeviceGetName(handle), NVML.nvmlDeviceGetMemoryInfo(handle).total)


def find_driver_trace(system: Path = Path("/")) -> Path | None:
    """Find a file by which NVIDIA's driver shows that it is here; None where there is none."""
    return next((file for trace in TRACES for file in sorted(system.glob(trace))), None)
