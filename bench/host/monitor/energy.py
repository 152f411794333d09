"""Measures the energy of blocks, by counters that the hardware keeps.

A block's energy is the difference between the reading at its event and the reading at the event
before, if that was another block's, the end of an epoch or the beginning of a turn. Then nothing
lies between but gathering the block's batches, the block, and reading its losses. Joules by the
seconds between the readings, by the host's clock, are watts; the block's own seconds are fewer. The
first block has no such reading: building and compiling come before it.

Counters move in steps (RAPL about every 1 ms, NVIDIA's every 20 to 100 ms), and an event takes a
moment to come: one block's energy is coarse. In a sum over blocks that follow each other all that
cancels but at the two ends.
"""

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from time import monotonic

from bench.host.machine.accounts import UnreadableError
from bench.records.parts import BlockEnergy, TimedBlock

GPU = "gpu_joules"
CPU_PACKAGE = "cpu_package_joules"
# Events after which the next block begins at once.
BEFORE_A_BLOCK = ("block", "epoch", "turn")

NO_BLOCK = "No measured block has a reading at its start and at its end."
# The time, and the joules of all counters then, each from a zero of its own.
_Reading = tuple[float, dict[str, float]]


class EnergyMeter:
    """Reads the counters at the events of one worker.

    Attributes:
        blocks: energy of each block so far, None where it is not known.
        absent: reason why a counter could not be read, from the start or the last time.
    """

    def __init__(
        self, counters: Mapping[str, Callable[[], float]], clock: Callable[[], float] = monotonic
    ) -> None:
        self.blocks: list[BlockEnergy | None] = []
        self.absent: dict[str, str] = {}
        self._clock = clock
        self._counters = {
            name: read for name, read in counters.items() if self._try(name, read) is not None
        }
        self._before: _Reading | None = None

    def handle_event(self, name: str) -> None:
        """Read the counters if a block may begin or end at an event of this name."""
        now = self._read() if name in BEFORE_A_BLOCK else None
        if name == "block":
            self.blocks.append(_difference(self._before, now))
        self._before = now

    def _read(self) -> _Reading | None:
        time = self._clock()
        tried = {name: self._try(name, read) for name, read in self._counters.items()}
        joules = {name: value for name, value in tried.items() if value is not None}
        return (time, joules) if joules and len(joules) == len(tried) else None

    def _try(self, name: str, read: Callable[[], float]) -> float | None:
        try:
            return read()
        except UnreadableError as error:
            self.absent[name] = str(error)
            return None


@dataclass(frozen=True)
class ResourceUse:
    """Memory and energy of one worker; an unknown quantity is in `absent`, and never zero.

    Attributes:
        memory: bytes: peak_anonymous_bytes, device_peak_bytes, device_after_import_bytes,
            device_after_build_bytes, device_total_increase_bytes.
        block_energy: energy at each block event; None where it is not known.
        energy: sums over the measured blocks, from `add_energy` on: gpu_joules,
            cpu_package_joules, and the samples and seconds (by the host's clock) of those blocks.
        absent: sentence by quantity that says why it is not known.
    """

    memory: dict[str, int]
    block_energy: tuple[BlockEnergy | None, ...]
    energy: dict[str, float]
    absent: dict[str, str]

    def add_energy(self, blocks: Sequence[TimedBlock], measured: Collection[int]) -> "ResourceUse":
        """Return a copy with the energy of those measured blocks whose energy is known.

        Args:
            blocks: the blocks that `block_energy` is of.
            measured: indices of blocks.
        """
        # Else the worker sent a block that is none; its trial has failed.
        is_whole = len(self.block_energy) == len(blocks)
        pairs = [
            (energy, block.samples)
            for index, (energy, block) in enumerate(zip(self.block_energy, blocks, strict=False))
            if is_whole and index in measured and energy is not None
        ]
        sums: dict[str, float] = {}
        if pairs:
            for name in pairs[0][0].joules:
                sums[name] = math.fsum(energy.joules[name] for energy, _ in pairs)
            sums["samples"] = float(sum(samples for _, samples in pairs))
            sums["seconds"] = math.fsum(energy.seconds for energy, _ in pairs)
        absent = dict.fromkeys((GPU, CPU_PACKAGE), NO_BLOCK) | self.absent
        absent = {name: why for name, why in absent.items() if name not in sums}
        return replace(self, energy=sums, absent=absent)


def _difference(before: _Reading | None, now: _Reading | None) -> BlockEnergy | None:
    if before is None or now is None:
        return None
    (start, first), (end, last) = before, now
    return BlockEnergy(end - start, {name: value - first[name] for name, value in last.items()})
