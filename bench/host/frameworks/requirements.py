"""What a framework needs on each device, as its framework.toml says in a table for the device."""

from dataclasses import dataclass
from pathlib import Path

from bench.errors import FrameworkError
from bench.host.frameworks.kernels import EXPECTED, Kernels
from bench.host.toml_table import TomlTable

DESCRIPTION = "framework.toml"
DEVICES = ("cpu", "cuda")
# What trials are measured in; `float64` is for verification alone.
TRAINING_PRECISIONS = ("ieee", "tf32", "bf16")


@dataclass(frozen=True)
class Requirements:
    """Requirements of a framework's environment for one device.

    Attributes:
        packages: requirement specifiers, the framework and what it is sensitive to.
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


def read_requirements(table: TomlTable, folder: Path) -> dict[str, Requirements]:
    """Read the requirements by device from the tables of a framework.toml in a folder.

    Raises:
        FrameworkError: there is no device, or a table is malformed.
    """
    shared = take_variables(table)
    devices = {}
    for device in DEVICES:
        section = table.take_table(device)
        if section is None:
            continue
        devices[device] = Requirements(
            packages=tuple(section.take_texts("requirements")),
            constraints=_read_constraints(section.take_text("constraints", None), folder),
            torch_backend=section.take_text("torch_backend", None),
            environment=shared | take_variables(section),
            precisions=tuple(section.take_texts("precisions", ["ieee"], TRAINING_PRECISIONS)),
            kernels=_read_kernels(section) if device == "cuda" else None,
        )
        section.finish()
    if not devices:
        raise FrameworkError(
            f"{folder / DESCRIPTION}: no device; add a table [cpu] or [cuda] with its requirements."
        )
    return devices


def take_variables(table: TomlTable) -> dict[str, str]:
    """Take the variables of a worker from a table's own table `environment`, if it has one."""
    variables = table.take_table("environment")
    return variables.take_strings() if variables else {}


def _read_kernels(table: TomlTable) -> Kernels | None:
    lists = {key: table.take_texts(key, ()) for key in ("machine_code", "ptx")}
    for key, texts in lists.items():
        try:
            Kernels.parse(texts, ())
        except ValueError as error:
            raise table.fail(key, texts, EXPECTED) from error
    return Kernels.parse(**lists) if any(lists.values()) else None


def _read_constraints(name: str | None, folder: Path) -> str:
    if name is None:
        return ""
    try:
        return (folder / name).read_text("utf-8")
    except OSError as error:
        raise FrameworkError(
            f"{folder / DESCRIPTION}: 'constraints' names {name!r}, which cannot be read "
            f"({error.strerror}); add the file or remove the key."
        ) from error
