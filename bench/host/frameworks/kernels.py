"""Which GPUs a framework's wheel can compute on, by what it holds: NVIDIA's rules, and no more.

"CUDA C++ Programming Guide", sections "Binary Compatibility" and "PTX Compatibility", and for the
suffix a "Architecture-Specific Features". What a wheel holds is written in framework.toml: asking
it takes NVIDIA's cuobjdump, and the wheel, which may be gigabytes.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from bench.host.machine.nvml import Capability

# Of a list in framework.toml, as `nvcc` has them: 8.6 is sm_86 or compute_86.
EXPECTED = 'a list of compute capabilities, such as ["8.0", "9.0a"]'


@dataclass(frozen=True)
class Architecture:
    """What code was compiled for.

    Attributes:
        only: whether it uses what that architecture alone has, as sm_90a does.
    """

    capability: Capability
    only: bool = False

    @classmethod
    def parse(cls, text: str) -> "Architecture":
        """`8.6` or `9.0a`.

        Raises:
            ValueError: it is none.
        """
        match = re.fullmatch(r"(\d+)\.(\d)(a?)", text)
        if match is None:
            raise ValueError(f"{text!r} is no compute capability")
        return cls((int(match[1]), int(match[2])), bool(match[3]))

    def __str__(self) -> str:
        major, minor = self.capability
        return f"{major}.{minor}{'a' if self.only else ''}"

    def machine_code_runs_on(self, capability: Capability) -> bool:
        """Of the same major number, and not older: code for 8.0 runs on 8.6 and not on 9.0."""
        if self.only:
            return capability == self.capability
        return capability[0] == self.capability[0] and capability[1] >= self.capability[1]

    def ptx_runs_on(self, capability: Capability) -> bool:
        """The driver compiles it for its own architecture and every newer one."""
        return capability == self.capability if self.only else capability >= self.capability


@dataclass(frozen=True)
class Kernels:
    """The code for GPUs that a wheel holds."""

    machine_code: tuple[Architecture, ...]
    ptx: tuple[Architecture, ...]

    @classmethod
    def parse(cls, machine_code: Sequence[str], ptx: Sequence[str]) -> "Kernels":
        """From the lists of a framework.toml.

        Raises:
            ValueError: one of them is no compute capability.
        """
        return cls(
            tuple(map(Architecture.parse, machine_code)), tuple(map(Architecture.parse, ptx))
        )

    def run_on(self, capability: Capability) -> bool:
        """Whether a GPU can run any of it."""
        return any(one.machine_code_runs_on(capability) for one in self.machine_code) or any(
            one.ptx_runs_on(capability) for one in self.ptx
        )

    def __str__(self) -> str:
        """In words: `machine code for 8.0, 8.6 and no PTX`."""
        return f"{_listed('machine code', self.machine_code)} and {_listed('PTX', self.ptx)}"


def _listed(what: str, architectures: Sequence[Architecture]) -> str:
    if not architectures:
        return f"no {what}"
    return f"{what} for {', '.join(map(str, architectures))}"
