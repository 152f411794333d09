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
class Kernels:
    """The code for GPUs that a wheel holds, by the architectures that it was compiled for."""

    machine_code: tuple[str, ...]
    ptx: tuple[str, ...]

    @classmethod
    def parse(cls, machine_code: Sequence[str], ptx: Sequence[str]) -> "Kernels":
        """Parse the lists of a framework.toml.

        Raises:
            ValueError: an entry is no compute capability.
        """
        for text in (*machine_code, *ptx):
            _parse_architecture(text)
        return cls(tuple(machine_code), tuple(ptx))

    def run_on(self, capability: Capability) -> bool:
        """Tell whether a GPU can run any of the code."""
        return any(_machine_code_runs(text, capability) for text in self.machine_code) or any(
            _ptx_runs(text, capability) for text in self.ptx
        )

    def __str__(self) -> str:
        """Describe the code: `machine code for 8.0, 8.6 and no PTX`."""
        return " and ".join(
            f"{what} for {', '.join(architectures)}" if architectures else f"no {what}"
            for what, architectures in (("machine code", self.machine_code), ("PTX", self.ptx))
        )


def _parse_architecture(text: str) -> tuple[Capability, bool]:
    """Parse `8.6` or `9.0a`, whose code uses what that architecture alone has."""
    match = re.fullmatch(r"(\d+)\.(\d)(a?)", text)
    if match is None:
        raise ValueError(f"{text!r} is no compute capability")
    return (int(match[1]), int(match[2])), bool(match[3])


def _machine_code_runs(architecture: str, capability: Capability) -> bool:
    # Code for 8.0 runs on 8.0 and 8.6, and not on 9.0.
    compiled_for, only = _parse_architecture(architecture)
    if only:
        return capability == compiled_for
    return capability[0] == compiled_for[0] and capability[1] >= compiled_for[1]


def _ptx_runs(architecture: str, capability: Capability) -> bool:
    # The driver compiles it for this and every newer architecture.
    compiled_for, only = _parse_architecture(architecture)
    return capability == compiled_for if only else capability >= compiled_for
