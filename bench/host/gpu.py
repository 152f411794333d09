"""Finds NVIDIA GPUs through NVML, the library that nvidia-smi stands on."""

from dataclasses import dataclass

import pynvml


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
    """

    gpus: tuple[Gpu, ...]
    driver: str | None
    reason: str | None


def detect_gpus() -> Gpus:
    """The GPUs that NVIDIA's driver knows of."""
    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError as error:
        return Gpus((), None, f"NVML: {error}")
    try:
        handles = [
            pynvml.nvmlDeviceGetHandleByIndex(index) for index in range(pynvml.nvmlDeviceGetCount())
        ]
        gpus = tuple(
            Gpu(pynvml.nvmlDeviceGetName(handle), pynvml.nvmlDeviceGetMemoryInfo(handle).total)
            for handle in handles
        )
        driver = pynvml.nvmlSystemGetDriverVersion()
    except pynvml.NVMLError as error:
        return Gpus((), None, f"NVML: {error}")
    finally:
        pynvml.nvmlShutdown()
    return Gpus(gpus, driver, None if gpus else "NVML finds no device")
