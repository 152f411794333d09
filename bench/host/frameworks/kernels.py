"""Tells on which GPUs a framework's wheel can compute, by what it holds and NVIDIA's rules.

"CUDA C++ Programming Guide", sections "Binary Compatibility" and "PTX Compatibility", and for the
suffix a "Architecture-Specific Features". What a wheel holds is written in framework.toml: asking
it takes NVIDIA's cuobjdump, and the wheel, which may be gigabytes.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from bench.host.machine.nvml import Capability

# As `nvcc` has them: 8.6 is sm_86 or compute_86.
EXPECTED = 'a list of compute capabilities, such as ["8.0", "9.0a"]'


@dataclass(frozen=True)
class Architecture:
    """An architecture that code was compiled for.

    Attributes:
        only: whether the code uses what this architecture alone has, as sm_90a does.
    """

    capability: Capability
    only: bool = False

    @classmethod
    def parse(cls, text: str) -> "Architecture":
        """Parse `8.6` or `9.0a`.

        Raises:
            ValueError: it is no compute capability.
        """
        match = re.fullmatch(r"(\d+)\.(\d)(a?)", text)
        if match is None:
            raise ValueError(f"{text!r} is no compute capability")
        return cls((int(match[1]), int(match[2])), bool(match[3]))

    def __str__(self) -> str:
        major, minor = self.capability
        return f"{major}.{minor}{'a' if self.only else ''}"

    def has_machine_code_for(self, capability: Capability) -> bool:
        """Tell whether machine code runs: code for 8.0 runs on 8.0 and 8.6, and not on 9.0."""
        if self.only:
            return capability == self.capability
        return capability[0] == self.capability[0] and capability[1] >= self.capability[1]

    def has_ptx_for(self, capability: Capability) -> bool:
        """Tell whether PTX runs: the driver compiles it for this and every newer architecture."""
        return capability == self.capability if self.only else capability >= self.capability


@dataclass(frozen=True)
class Kernels:
    """The code for GPUs that a wheel holds."""

    machine_code: tuple[Architecture, ...]
    ptx: tuple[Architecture, ...]

    @classmethod
    def parse(cls, machine_code: Sequence[str], ptx: Sequence[str]) -> "Kernels":
        """Parse the lists of a framework.toml.

        Raises:
            ValueError: an entry is no compute capability.
        """
        return cls(
            tuple(map(Architecture.parse, machine_code)), tuple(map(Architecture.parse, ptx))
        )

    def run_on(self, capability: Capability) -> bool:
        """Tell whether a GPU can run any of the code."""
        return any(each.has_machine_code_for(capability) for each in self.machine_code) or any(
            each.has_ptx_for(capability) for each in self.ptx
        )

    def __str__(self) -> str:
        """Describe the code: `machine code for 8.0, 8.6 and no PTX`."""
        return f"{_name('machine code', self.machine_code)} and {_name('PTX', self.ptx)}"


def _name(what: str, architectures: Sequence[Architecture]) -> str:
    if not architectures:
        return f"no {what}"
    return f"{what} for {', '.join(map(str, architectures))}"
