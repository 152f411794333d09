"""NVML as the tests set it: a module object with the functions that are asked for."""

from collections.abc import Callable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pynvml

GIBIBYTE = 2**30


@dataclass
class FakeDevice:
    """One GPU; tests change it as time goes by."""

    name: str = "NVIDIA Test"
    uuid: str = "GPU-aaaa-1111"
    total: int = 80 * GIBIBYTE
    used: int = GIBIBYTE
    millijoules: int = 5_000
    reasons: int = 0
    thermal_nanoseconds: int = 0
    capability: tuple[int, int] = (9, 0)
    processes: dict[int, int | None] = field(default_factory=dict)


class FakeNvml:
    """Counts its openings; `failures` maps a function to the code of the error that it raises."""

    def __init__(self, *devices: FakeDevice, failures: dict[str, int] | None = None) -> None:
        self.devices = devices or (FakeDevice(),)
        self.failures = failures or {}
        self.opened = self.closed = 0
        self._functions: dict[str, Callable[..., Any]] = {
            "nvmlInit": self._init,
            "nvmlShutdown": self._shutdown,
            "nvmlSystemGetDriverVersion": lambda: "580.1",
            "nvmlDeviceGetCount": lambda: len(self.devices),
            "nvmlDeviceGetHandleByIndex": lambda index: self.devices[index],
            "nvmlDeviceGetHandleByUUID": self._by_uuid,
            "nvmlDeviceGetUUID": lambda one: one.uuid,
            "nvmlDeviceGetName": lambda one: one.name,
            "nvmlDeviceGetCudaComputeCapability": lambda one: one.capability,
            "nvmlDeviceGetMemoryInfo": lambda one: SimpleNamespace(total=one.total, used=one.used),
            "nvmlDeviceGetTotalEnergyConsumption": lambda one: one.millijoules,
            "nvmlDeviceGetCurrentClocksEventReasons": lambda one: one.reasons,
            "nvmlDeviceGetViolationStatus": lambda one, policy: SimpleNamespace(
                violationTime=one.thermal_nanoseconds if policy == 1 else -1
            ),
            "nvmlDeviceGetComputeRunningProcesses": lambda one: [
                SimpleNamespace(pid=pid, usedGpuMemory=used) for pid, used in one.processes.items()
            ],
        }

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name in self.failures:
            return self._fail(self.failures[name])
        if name not in self._functions:
            raise AttributeError(name)
        return self._functions[name]

    def _init(self) -> None:
        self.opened += 1

    def _shutdown(self) -> None:
        self.closed += 1

    def _by_uuid(self, uuid: str) -> FakeDevice:
        for device in self.devices:
            if device.uuid == uuid:
                return device
        raise pynvml.NVMLError(pynvml.NVML_ERROR_NOT_FOUND)

    def _fail(self, code: int) -> Callable[..., Any]:
        def fail(*_: object) -> None:
            raise pynvml.NVMLError(code)

        return fail
