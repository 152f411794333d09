"""What a framework needs on each device, as its framework.toml says in a table for the device."""

import re
from dataclasses import dataclass
from pathlib import Path

from bench.errors import FrameworkError
from bench.host.machine.nvml import Capability
from bench.host.toml_table import TomlTable, read_utf8

DESCRIPTION = "framework.toml"
DEVICES = ("cpu", "cuda")
# What trials are measured in; `float64` is for verification alone.
TRAINING_PRECISIONS = ("ieee", "tf32", "bf16")


@dataclass(frozen=True)
class Kernels:
    """The code for GPUs that a wheel holds, by the architectures that it was compiled for.

    An architecture is written as in 8.6, which is `nvcc`'s sm_86 or compute_86. What a wheel holds
    is in framework.toml: asking it takes NVIDIA's cuobjdump, and the wheel, maybe of gigabytes.
    What runs where: "CUDA C++ Programming Guide", sections "Binary Compatibility" and "PTX
    Compatibility", and for the suffix a "Architecture-Specific Features".
    """

    machine_code: tuple[str, ...]
    ptx: tuple[str, ...]

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


def parse_architecture(text: str) -> tuple[Capability, bool]:
    """Parse `8.6` or `9.0a`, whose code uses what that architecture alone has.

    Raises:
        ValueError: it is no compute capability.
    """
    match = re.fullmatch(r"(\d+)\.(\d)(a?)", text)
    if match is None:
        raise ValueError(f"{text!r} is no compute capability")
    return (int(match[1]), int(match[2])), bool(match[3])


def _machine_code_runs(architecture: str, capability: Capability) -> bool:
    # Code for 8.0 runs on 8.0 and 8.6, and not on 9.0.
    compiled_for, only = parse_architecture(architecture)
    if only:
        return capability == compiled_for
    return capability[0] == compiled_for[0] and capability[1] >= compiled_for[1]


def _ptx_runs(architecture: str, capability: Capability) -> bool:
    # The driver compiles it for this and every newer architecture.
    compiled_for, only = parse_architecture(architecture)
    return capability == compiled_for if only else capability >= compiled_for


@dataclass(frozen=True)
class Requirements:
    """Requirements of a framework's environment for one device.

    Attributes:
        packages: requirement specifiers, the framework and what it is sensitive to.
        fallback_packages: those that will do where `packages` do not fit together; none but for a
            version that the user named.
        constraints: text of a constraints file that pins everything else, with hashes.
        torch_backend: uv's option of that name, where the packages are not on PyPI.
        environment: variables of the worker, `{threads}` standing for their number.
        precisions: number formats that it can train in.
        kernels: code for GPUs that the wheel holds; None where nobody has looked.
    """

    packages: tuple[str, ...]
    constraints: str
    torch_backend: str | None
    environment: dict[str, str]
    precisions: tuple[str, ...] = ("ieee",)
    kernels: Kernels | None = None
    fallback_packages: tuple[str, ...] = ()


def read_requirements(table: TomlTable, folder: Path) -> dict[str, Requirements]:
    """Read the requirements by device from the tables of a framework.toml in a folder.

    Raises:
        FrameworkError: there is no device, or a table is malformed.
    """
    shared = table.take_strings("environment")
    devices = {}
    for device in DEVICES:
        section = table.take_table(device)
        if section is None:
            continue
        devices[device] = Requirements(
            packages=tuple(section.take_texts("requirements")),
            constraints=_read_constraints(section.take_text("constraints", None), folder),
            torch_backend=section.take_text("torch_backend", None),
            environment=shared | section.take_strings("environment"),
            precisions=tuple(section.take_texts("precisions", ["ieee"], TRAINING_PRECISIONS)),
            kernels=_read_kernels(section) if device == "cuda" else None,
        )
        section.finish()
    if not devices:
        raise FrameworkError(
            f"{folder / DESCRIPTION}: no device; add a table [cpu] or [cuda] with its requirements."
        )
    return devices


def _read_kernels(table: TomlTable) -> Kernels | None:
    lists = {key: tuple(table.take_texts(key, ())) for key in ("machine_code", "ptx")}
    for key, texts in lists.items():
        try:
            list(map(parse_architecture, texts))
        except ValueError as error:
            expected = 'a list of compute capabilities, such as ["8.0", "9.0a"]'
            raise table.fail(key, list(texts), expected) from error
    return Kernels(**lists) if any(lists.values()) else None


def _read_constraints(name: str | None, folder: Path) -> str:
    if name is None:
        return ""
    failure = f"{folder / DESCRIPTION}: 'constraints' names {name!r}, which cannot be read"
    remedy = "add the file or remove the key."
    return read_utf8(folder / name, FrameworkError, failure, remedy)
