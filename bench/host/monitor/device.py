"""Memory of a worker on the GPU, as the driver counts it.

That is more than a framework's allocator tells: the context with its kernels and the libraries' own
buffers are in it. The peaks are the largest among samples, lower bounds of the true ones.
"""

from collections.abc import Collection

from bench.host.machine.nvml import VisibleGpu
from bench.host.machine.unreadable import UnreadableError

PEAK = "device_peak_bytes"
# By the event at which they are read.
AFTER = {"imported": "device_after_import_bytes", "built": "device_after_build_bytes"}
TOTAL_INCREASE = "device_total_increase_bytes"

NOT_LISTED = (
    "NVML listed no process of the worker with its memory: it used no GPU, or this is a container "
    "with process numbers of its own."
)
NOT_REACHED = "It could not be read then, or the trial did not come that far."
OWN_IS_KNOWN = f"NVML tells the worker's own memory ({PEAK}), which is the better number."

# Bytes by quantity, and why other quantities are not known.
Quantities = tuple[dict[str, int], dict[str, str]]


class DeviceMemory:
    """The worker's memory on the GPU, or else the increase of the memory in use."""

    def __init__(self, gpu: VisibleGpu) -> None:
        self._own = _OwnMemory(gpu)
        self._total = _TotalMemory(gpu)

    def take_sample(self, pids: Collection[int]) -> None:
        """Read the memory now."""
        self._own.read(pids)
        self._total.read()

    def keep(self, quantity: str, pids: Collection[int]) -> None:
        """Keep the worker's memory now under a name, one of AFTER."""
        self._own.keep(quantity, pids)

    def summarize(self) -> Quantities:
        """Return the quantities that are known, and why the others are not."""
        memory, absent = self._own.summarize()
        if memory:
            return memory, {**absent, TOTAL_INCREASE: OWN_IS_KNOWN}
        increase, reason = self._total.summarize()
        return increase, {**absent, **reason}


class _OwnMemory:
    """Memory of the worker's processes by their numbers."""

    def __init__(self, gpu: VisibleGpu) -> None:
        self._gpu = gpu
        self._reason = NOT_LISTED
        self._peak = 0
        self._kept: dict[str, int] = {}

    def read(self, pids: Collection[int]) -> int | None:
        """Read the bytes now: 0 where no process is listed, None where the driver does not tell."""
        try:
            processes = self._gpu.list_processes()
        except UnreadableError as error:
            self._reason = str(error)
            return None
        total = 0
        for process in processes:
            if process.pid in pids:
                if process.used_bytes is None:
                    return None
                total += process.used_bytes
        self._peak = max(self._peak, total)
        return total

    def keep(self, quantity: str, pids: Collection[int]) -> None:
        total = self.read(pids)
        if total is not None:
            self._kept[quantity] = total

    def summarize(self) -> Quantities:
        """Return all or nothing, the names that were never kept aside.

        A process is listed from when it first uses the GPU. That it was listed at some time is
        what makes a zero before that a fact.
        """
        if self._peak == 0:
            return {}, dict.fromkeys((PEAK, *AFTER.values()), self._reason)
        absent = {name: NOT_REACHED for name in AFTER.values() if name not in self._kept}
        return {PEAK: self._peak, **self._kept}, absent


class _TotalMemory:
    """Memory that anybody uses, since this was made."""

    def __init__(self, gpu: VisibleGpu) -> None:
        self._gpu = gpu
        self._start: int | None = None
        self._peak = 0
        self._reason = ""
        self.read()

    def read(self) -> None:
        """Read the memory now. A reading that fails is a sample less, but for the first."""
        try:
            used = self._gpu.read_used_bytes()
        except UnreadableError as error:
            self._reason = str(error)
            return
        if self._start is None and not self._reason:
            self._start = used
        self._peak = max(self._peak, used)

    def summarize(self) -> Quantities:
        if self._start is None:
            return {}, {TOTAL_INCREASE: self._reason}
        return {TOTAL_INCREASE: self._peak - self._start}, {}
