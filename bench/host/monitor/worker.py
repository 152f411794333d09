"""Measures one worker from outside: make it right before the worker starts, give it to one run."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bench.host.machine.accounts import UnreadableError
from bench.host.machine.nvml import VisibleGpu
from bench.host.monitor.energy import CPU_PACKAGE, GPU, EnergyMeter, ResourceUse
from bench.host.monitor.memory import AFTER, AnonymousMemory, DeviceMemory, Family
from bench.host.monitor.rapl import Rapl
from bench.host.monitor.sampler import Monitor

PEAK_ANONYMOUS = "peak_anonymous_bytes"


class WorkerMonitor(Monitor):
    """Measures the memory and the energy of one worker."""

    def __init__(self, gpu: VisibleGpu, rapl: Rapl | None = None, proc: Path = Path("/proc")):
        self._family: Family | None = None
        self._anonymous = AnonymousMemory(proc)
        self._device = DeviceMemory(gpu)
        self._energy = EnergyMeter(
            {GPU: gpu.read_joules, CPU_PACKAGE: (rapl or Rapl()).read_joules}
        )

    def start(self, pid: int) -> None:
        """Look at this process from now on."""
        self._family = Family(pid)

    def take_sample(self) -> None:
        """Look at the memory of the worker and its descendants."""
        if self._family is not None:
            pids = self._family.find_pids()
            self._anonymous.take_sample(pids)
            self._device.take_sample(pids)

    def handle_event(self, event: Mapping[str, Any]) -> None:
        """Read the energy first: a worker goes on while its event is looked at."""
        # Whatever a worker sends: what is no event of the protocol fails its trial elsewhere.
        name = str(event["event"])
        self._energy.handle_event(name)
        if self._family is not None and name in AFTER:
            self._device.keep(AFTER[name], self._family.find_pids())

    def end(self) -> None:
        """Look at no process any more: another one may get the number."""
        self._family = None

    def summarize(self) -> ResourceUse:
        """Return what is known; its `add_energy` sums the energy of blocks once they are known."""
        memory, absent = self._device.summarize()
        try:
            memory = {PEAK_ANONYMOUS: self._anonymous.read_peak_bytes(), **memory}
        except UnreadableError as error:
            absent = {PEAK_ANONYMOUS: str(error), **absent}
        absent |= self._energy.absent
        return ResourceUse(memory, tuple(self._energy.blocks), {}, absent).add_energy((), ())
