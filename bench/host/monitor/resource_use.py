"""What a monitor found out about one worker."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from bench.host.monitor.energy import explain_absent_energy, sum_energy
from bench.records.parts import Block, BlockEnergy


@dataclass(frozen=True)
class ResourceUse:
    """Memory and energy of one worker; what is not known is in `absent`, and never zero.

    Attributes:
        memory: bytes: peak_anonymous_bytes, device_peak_bytes, device_after_import_bytes,
            device_after_build_bytes, device_total_increase_bytes.
        block_energy: one for each block event; None where it is not known.
        energy: of the measured blocks, known from `over` on: gpu_joules, cpu_package_joules, and
            the samples and seconds (by the host's clock) that they belong to.
        absent: why there is no such quantity, in a sentence.
    """

    memory: dict[str, int]
    block_energy: tuple[BlockEnergy | None, ...]
    energy: dict[str, float]
    absent: dict[str, str]

    def add_energy(self, blocks: Sequence[Block], measured: Collection[int]) -> "ResourceUse":
        """The same with the energy of the measured blocks, given by their indices."""
        energy = sum_energy(self.block_energy, blocks, measured)
        kept = {name: why for name, why in self.absent.items() if name not in energy}
        return replace(self, energy=energy, absent=explain_absent_energy(energy) | kept)
