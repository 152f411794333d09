"""Measures the memory of a worker and its children: on the host from /proc, on the GPU by NVML.

Anonymous memory is what a process has allocated and touched (bench/protocol/anonymous.py). The
kernel keeps the counters at all times, so that reading them takes no lock of the process, as
/proc/PID/smaps would (proc(5)).

The memory on the GPU, as the driver counts it, is more than a framework's allocator tells: the
context with its kernels and the libraries' own buffers are in it. All peaks are the largest among
samples, lower bounds of the true ones.
"""

from collections.abc import Callable, Collection
from pathlib import Path

from bench.host.machine.accounts import PROC, UnreadableError, find_descendants, read_text
from bench.host.machine.nvml import VisibleGpu
from bench.host.monitor.sampler import SAMPLE_SECONDS
from bench.protocol.anonymous import parse_anonymous_bytes

# Finding children means reading about every process of the machine: 1 ms for 70 of them.
SAMPLES_A_SEARCH = 5
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


class Family:
    """A process and its descendants, searched for once a second."""

    def __init__(self, pid: int, search: Callable[[int], list[int]] = find_descendants) -> None:
        self._pid = pid
        self._search = search
        self._descendants: list[int] = []
        self._until_search = 0

    def find_pids(self) -> list[int]:
        """Find the processes, the first one first; to be called once a sample."""
        if self._until_search == 0:
            self._descendants = self._search(self._pid)
            self._until_search = SAMPLES_A_SEARCH
        self._until_search -= 1
        return [self._pid, *self._descendants]


class AnonymousMemory:
    """The largest anonymous memory of some processes together, among samples.

    A lower bound: what is allocated and given back between two samples is not seen. Pages that a
    child shares with its parent, since a fork or by agreement, are in the counters of both.
    """

    def __init__(self, proc: Path = PROC) -> None:
        self._proc = proc
        self._peak: int | None = None

    def take_sample(self, pids: Collection[int]) -> None:
        """Read the memory of those processes that live."""
        # Of one that has ended there is no text, or one without the number.
        texts = [read_text(self._proc / str(pid) / "status") or "" for pid in pids]
        sizes = [size for text in texts if (size := parse_anonymous_bytes(text)) is not None]
        if sizes:
            self._peak = max(sum(sizes), self._peak or 0)

    def read_peak_bytes(self) -> int:
        """Return the largest sample.

        Raises:
            UnreadableError: there was no sample.
        """
        if self._peak is None:
            raise UnreadableError(
                f"{self._proc}/PID/status never told RssAnon: the worker ended within "
                f"{SAMPLE_SECONDS} s, or this system has no such file."
            )
        return self._peak


class DeviceMemory:
    """The worker's memory on the GPU, or else the increase of the memory in use since now."""

    def __init__(self, gpu: VisibleGpu) -> None:
        self._gpu = gpu
        self._own_peak = 0
        self._own_reason = NOT_LISTED
        self._kept: dict[str, int] = {}
        self._total_start: int | None = None
        self._total_peak = 0
        self._total_reason = ""
        self._read_total()

    def take_sample(self, pids: Collection[int]) -> None:
        """Read the memory now."""
        self._read_own(pids)
        self._read_total()

    def keep(self, quantity: str, pids: Collection[int]) -> None:
        """Keep the worker's memory now under a name, one of AFTER."""
        used = self._read_own(pids)
        if used is not None:
            self._kept[quantity] = used

    def summarize(self) -> tuple[dict[str, int], dict[str, str]]:
        """Return the bytes of quantities that are known, and why the others are not.

        A process is listed from when it first uses the GPU. That it was listed at some time is
        what makes a zero before that a fact.
        """
        if self._own_peak:
            absent = {name: NOT_REACHED for name in AFTER.values() if name not in self._kept}
            return {PEAK: self._own_peak, **self._kept}, {**absent, TOTAL_INCREASE: OWN_IS_KNOWN}
        absent = dict.fromkeys((PEAK, *AFTER.values()), self._own_reason)
        if self._total_start is None:
            return {}, {**absent, TOTAL_INCREASE: self._total_reason}
        return {TOTAL_INCREASE: self._total_peak - self._total_start}, absent

    def _read_own(self, pids: Collection[int]) -> int | None:
        """Read the bytes now: 0 where no process is listed, None where the driver does not tell."""
        try:
            processes = self._gpu.list_processes()
        except UnreadableError as error:
            self._own_reason = str(error)
            return None
        used = 0
        for pid, used_bytes in processes:
            if pid in pids:
                if used_bytes is None:
                    return None
                used += used_bytes
        self._own_peak = max(self._own_peak, used)
        return used

    def _read_total(self) -> None:
        # Whoever uses it. A reading that fails is a sample less, but for the first.
        try:
            used = self._gpu.read_used_bytes()
        except UnreadableError as error:
            self._total_reason = str(error)
            return
        if self._total_start is None and not self._total_reason:
            self._total_start = used
        self._total_peak = max(self._total_peak, used)
