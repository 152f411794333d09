"""The memory and energy that a monitor measured of one worker."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from bench.host.monitor.energy import explain_absent_energy, sum_energy
from bench.records.parts import Block, BlockEnergy


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

    def add_energy(self, blocks: Sequence[Block], measured: Collection[int]) -> "ResourceUse":
        """Return a copy with the energy of the measured blocks, whose indices are given."""
        energy = sum_energy(self.block_energy, blocks, measured)
        reasons = {name: why for name, why in self.absent.items() if name not in energy}
        return replace(self, energy=energy, absent=explain_absent_energy(energy) | reasons)
