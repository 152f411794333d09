"""NVML as on a machine with one H200, for runs in a process of their own: a folder for PYTHONPATH.

Where SAMESTEP_TEST_STRANGER is set, a process of somebody else computes there.
"""

import os
from types import SimpleNamespace

GIBIBYTE = 2**30


class NVMLError(Exception):
    """What it refuses."""


def nvmlInit() -> None: ...  # noqa: N802 (NVML's names)


def nvmlShutdown() -> None: ...  # noqa: N802


def nvmlDeviceGetCount() -> int:  # noqa: N802
    return 1


def nvmlDeviceGetHandleByIndex(index: int) -> int:  # noqa: N802
    return index


def nvmlDeviceGetName(handle: int) -> str:  # noqa: N802
    return "NVIDIA H200"


def nvmlDeviceGetCudaComputeCapability(handle: int) -> list[int]:  # noqa: N802
    return [9, 0]


def nvmlDeviceGetMemoryInfo(handle: int) -> SimpleNamespace:  # noqa: N802
    return SimpleNamespace(total=139 * GIBIBYTE, used=GIBIBYTE)


def nvmlDeviceGetComputeRunningProcesses(handle: int) -> list[SimpleNamespace]:  # noqa: N802
    stranger = os.environ.get("SAMESTEP_TEST_STRANGER")
    if not stranger:
        return []
    from bench.host.machine import idle_gpu

    idle_gpu.LIMIT_SECONDS = 1.0  # nobody is going to leave
    return [SimpleNamespace(pid=int(stranger), usedGpuMemory=None)]


def nvmlDeviceGetTotalEnergyConsumption(handle: int) -> int:  # noqa: N802
    return 1_000


def nvmlDeviceGetCurrentClocksEventReasons(handle: int) -> int:  # noqa: N802
    return 0


def nvmlDeviceGetViolationStatus(handle: int, policy: int) -> SimpleNamespace:  # noqa: N802
    return SimpleNamespace(violationTime=0)


def nvmlSystemGetDriverVersion() -> str:  # noqa: N802
    return "580.1"
