"""Finds NVIDIA GPUs and asks the one that trials run on, through NVML, as nvidia-smi does.

NVML numbers devices as they sit on the PCI bus and ignores CUDA_VISIBLE_DEVICES, which CUDA
programs go by; `open_gpu` finds the device that they see first, the only one that they use here.

It is asked by NVIDIA's own nvidia-ml-py, which knows what each driver's structures look like. That
may be missing, as in a container that somebody else made: then whatever is asked, that is the
answer.
"""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.host.machine.accounts import UnreadableError

try:
    import pynvml
except ModuleNotFoundError:
    pynvml = None

# The module to ask; None where there is none.
NVML: Any = pynvml
NVML_ERRORS: tuple[type[Exception], ...] = () if pynvml is None else (pynvml.NVMLError,)
MISSING_LIBRARY = "nvidia-ml-py, which asks NVIDIA's driver, is not installed beside samestep"
# What NVIDIA's driver shows of itself: a device in this container, or itself on this machine.
TRACES = ("dev/nvidia[0-9]*", "proc/driver/nvidia/version")
ON_CPU = "The trial ran on the CPU."
# What makes a GPU slower than its load and its power limit ask for: nvmlClocksEventReason... in
# NVML's header, nvml.h.
SLOWDOWNS = {
    0x20: "heat, seen by the driver",
    0x40: "heat, seen by the device",
    0x80: "a power brake from outside",
    0x08: "a slowdown of the device's own",
}
THERMAL_POLICY = 1  # NVML_PERF_POLICY_THERMAL

Capability = tuple[int, int]


@dataclass(frozen=True)
class Gpus:
    """The GPUs of this machine.

    Attributes:
        gpus: `name` and `memory_bytes` of each.
        driver: version of NVIDIA's driver.
        reason: why there is no GPU, where there is none.
        has_library: whether NVML could be asked: without nvidia-ml-py, nobody knows of a GPU.
    """

    gpus: tuple[dict[str, Any], ...]
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
            gpus = tuple(map(_describe_gpu, range(NVML.nvmlDeviceGetCount())))
            driver = NVML.nvmlSystemGetDriverVersion()
        finally:
            NVML.nvmlShutdown()
    except NVML_ERRORS as error:
        return Gpus((), None, f"NVML: {error}")
    return Gpus(gpus, driver, None if gpus else "NVML finds no device")


def _describe_gpu(index: int) -> dict[str, Any]:
    handle = NVML.nvmlDeviceGetHandleByIndex(index)
    memory = NVML.nvmlDeviceGetMemoryInfo(handle).total
    return {"name": NVML.nvmlDeviceGetName(handle), "memory_bytes": memory}


def find_driver_trace(system: Path = Path("/")) -> Path | None:
    """Find a file by which NVIDIA's driver shows that it is here; None where there is none."""
    return next((file for trace in TRACES for file in sorted(system.glob(trace))), None)


class VisibleGpu:
    """The GPU that a CUDA program sees first.

    Every method raises UnreadableError where the driver does not tell.
    """

    def __init__(self, nvml: Any, handle: Any) -> None:
        self._nvml = nvml
        self._handle = handle

    def read_name(self) -> str:
        """Read the name that its maker gives it."""
        return str(self._ask("nvmlDeviceGetName"))

    def read_driver(self) -> str:
        """Read the version of NVIDIA's driver."""
        return str(self._call("nvmlSystemGetDriverVersion"))

    def read_capability(self) -> Capability:
        """Read the compute capability, such as (9, 0), which says what machine code it runs."""
        major, minor = self._ask("nvmlDeviceGetCudaComputeCapability")
        return int(major), int(minor)

    def read_used_bytes(self) -> int:
        """Read the memory in use, whoever uses it, with what the driver keeps for itself."""
        return int(self._ask("nvmlDeviceGetMemoryInfo").used)

    def read_total_bytes(self) -> int:
        """Read the memory that the device has."""
        return int(self._ask("nvmlDeviceGetMemoryInfo").total)

    def list_processes(self) -> list[tuple[int, int | None]]:
        """List the number of each process that computes on it, and its bytes; None if untold.

        In a container with process numbers of its own, the driver lists numbers of the machine's,
        or the container's with 0 bytes (github.com/NVIDIA/open-gpu-kernel-modules/pull/614).
        A process that computes has memory, so 0 bytes are untold ones.
        """
        processes = self._ask("nvmlDeviceGetComputeRunningProcesses")
        return [(int(each.pid), each.usedGpuMemory or None) for each in processes]

    def read_joules(self) -> float:
        """Read the energy of the whole board since the driver was loaded (Volta and newer)."""
        return float(self._ask("nvmlDeviceGetTotalEnergyConsumption")) / 1e3

    def read_thermal_seconds(self) -> float:
        """Read how long heat has kept the clocks down since the driver was loaded."""
        status = self._ask("nvmlDeviceGetViolationStatus", THERMAL_POLICY)
        return float(status.violationTime) / 1e9

    def list_slowdowns(self) -> list[str]:
        """List what keeps the clocks down now, the power limit aside."""
        reasons = int(self._ask("nvmlDeviceGetCurrentClocksEventReasons"))
        return [words for bit, words in SLOWDOWNS.items() if reasons & bit]

    def _ask(self, function: str, *arguments: Any) -> Any:
        return self._call(function, self._handle, *arguments)

    def _call(self, function: str, *arguments: Any) -> Any:
        return _call(self._nvml, function, *arguments)


class MissingGpu(VisibleGpu):
    """No GPU: whatever is asked, the answer is why there is none."""

    def __init__(self, reason: str) -> None:
        super().__init__(None, None)
        self.reason = reason

    def _call(self, function: str, *arguments: Any) -> Any:
        raise UnreadableError(self.reason)


@contextmanager
def open_gpu(device: str, variables: Mapping[str, str], nvml: Any = NVML) -> Iterator[VisibleGpu]:
    """Open the GPU of a trial on `device` (`cpu` or `cuda`), and NVML for as long as it is open.

    An open NVML also keeps the driver from shutting the device down between trials, which
    would cost the first one after a pause a second or more.

    Args:
        variables: the environment that the worker sees.
        nvml: the module to ask; a fake one in tests, None where there is none.
    """
    if device == "cpu" or nvml is None:
        yield MissingGpu(ON_CPU if device == "cpu" else f"{MISSING_LIBRARY}; install it there.")
        return
    with ExitStack() as closing:
        gpu: VisibleGpu
        try:
            _call(nvml, "nvmlInit")
            closing.callback(nvml.nvmlShutdown)
            gpu = VisibleGpu(nvml, _first_handle(nvml, variables))
        except UnreadableError as error:
            gpu = MissingGpu(str(error))
        yield gpu


def _first_handle(nvml: Any, variables: Mapping[str, str]) -> Any:
    visible = variables.get("CUDA_VISIBLE_DEVICES")
    first = "0" if visible is None else visible.partition(",")[0].strip()
    if first.startswith("MIG-"):
        return _call(nvml, "nvmlDeviceGetHandleByUUID", first)
    handles = [
        _call(nvml, "nvmlDeviceGetHandleByIndex", index)
        for index in range(_call(nvml, "nvmlDeviceGetCount"))
    ]
    if first.startswith("GPU-"):
        # CUDA takes the beginning of one too.
        matches = [
            each for each in handles if _call(nvml, "nvmlDeviceGetUUID", each).startswith(first)
        ]
        if len(matches) == 1:
            return matches[0]
    elif first.isdecimal() and int(first) < len(handles):
        _check_order(nvml, handles, variables)
        return handles[int(first)]
    raise UnreadableError(
        f"CUDA_VISIBLE_DEVICES is {visible!r}, which names none of the {len(handles)} devices "
        "that NVML finds."
    )


def _check_order(nvml: Any, handles: list[Any], variables: Mapping[str, str]) -> None:
    # CUDA's default is the fastest first (CUDA_DEVICE_ORDER); among equals, NVML's order.
    names = {_call(nvml, "nvmlDeviceGetName", handle) for handle in handles}
    if len(names) > 1 and variables.get("CUDA_DEVICE_ORDER") != "PCI_BUS_ID":
        raise UnreadableError(
            "There are GPUs of several kinds, which CUDA and NVML may number differently; "
            "name one in CUDA_VISIBLE_DEVICES by its UUID (nvidia-smi -L)."
        )


def _call(nvml: Any, function: str, *arguments: Any) -> Any:
    call = getattr(nvml, function, None)
    if call is None:
        raise UnreadableError(f"This nvidia-ml-py has no {function}; install a newer one.")
    try:
        return call(*arguments)
    except NVML_ERRORS as error:
        raise UnreadableError(f"NVML, {function}: {error}.") from error
