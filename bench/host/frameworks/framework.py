"""Finds the frameworks: folders with a framework.toml. Reads TOML, imports nothing of them."""

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.errors import FrameworkError
from bench.host.frameworks.kernels import EXPECTED, Kernels
from bench.host.toml_table import TomlTable, read_toml
from bench.job import Knob
from bench.models import Model
from bench.models.outside import implementation_of
from bench.protocol.verification import PRECISIONS
from bench.records.results import edition

ROOT = Path(__file__).parents[3]
DESCRIPTION = "framework.toml"
LAYOUTS = ("NCHW", "NHWC")
MODES = ("eager", "compiled", "xla")
# What trials are measured in; `float64` is for verification alone.
TRAINING_PRECISIONS = ("ieee", "tf32", "bf16")
DEVICES = ("cpu", "cuda")
# It becomes a package's: impls.<name>.
NAME = re.compile("[a-z][a-z0-9_-]*")
PLACEHOLDER = re.compile(r"\{\w*\}")


@dataclass(frozen=True)
class Requirements:
    """What a framework's environment needs for one device.

    Attributes:
        packages: requirement specifiers, the framework and what it is sensitive to.
        constraints: text of a constraints file that pins everything else, with hashes.
        torch_backend: uv's option of that name, where the packages are not on PyPI.
        environment: variables of the worker, `{threads}` standing for their number.
        precisions: that it can train in.
        kernels: the code for GPUs that the wheel holds; None where nobody has looked.
    """

    packages: tuple[str, ...]
    constraints: str
    torch_backend: str | None
    environment: dict[str, str]
    precisions: tuple[str, ...] = ("ieee",)
    kernels: Kernels | None = None


@dataclass(frozen=True)
class KnownDefect:
    """A defect of the framework itself, by which quantities of a verification differ.

    Attributes:
        name: what is wrong, in a few words, with a source where there is one.
        models: those that it concerns.
        precision: in which it shows.
        quantities: patterns (fnmatch) of the names of quantities that it explains.
        at_most: a larger error is not explained by it.
        modes, devices: in and on which it shows.
        spoils_training: whether training goes wrong by it; such a cell is not verified.
    """

    name: str
    models: tuple[str, ...]
    precision: str
    quantities: tuple[str, ...]
    at_most: float
    modes: tuple[str, ...] = MODES
    spoils_training: bool = False
    devices: tuple[str, ...] = DEVICES


@dataclass(frozen=True)
class Tuning:
    """Settings that are the best known for some models: what `tuned` trials add to the defaults.

    Attributes:
        models: patterns (fnmatch) of the names of models.
        modes, devices: for which they hold.
        environment: variables of the worker, `{threads}` standing for their number.
        knobs: what the implementation sets itself, by its own names.
        layout: of images, where another than the framework's own is better.
        reason: what they do, in a few words.
        source: where they are recommended, or what was measured.
    """

    models: tuple[str, ...]
    modes: tuple[str, ...]
    devices: tuple[str, ...]
    environment: dict[str, str]
    knobs: dict[str, Knob]
    layout: str | None
    reason: str
    source: str


@dataclass(frozen=True)
class Framework:
    """What framework.toml says.

    Attributes:
        name: the folder's name; what plans and records call it.
        module: what its interpreter imports.
        python: version specifier of the environment's Python.
        layout: of images, `NCHW` or `NHWC`, that its users have.
        layouts: that it can compute in.
        families: model families that it has, where framework.toml names them; else those whose
            file is there.
        default_mode: the mode that most of its users train in.
        devices: requirements by device.
        unbiased_variance: whether it keeps running variances with the divisor n - 1.
        known_defects: shown in every verification.
        tuned: the best-known settings; those that hold for a trial are added up.
        pin: the version that was asked for; empty for that of its own requirements.
        revision: samestep's commit that it is from, where it is another than the checkout's.
        root: the checkout whose worker runs it.
    """

    name: str
    folder: Path
    title: str
    module: str
    python: str
    layout: str
    modes: tuple[str, ...]
    default_mode: str
    devices: dict[str, Requirements]
    families: tuple[str, ...] = ()
    unbiased_variance: bool = False
    known_defects: tuple[KnownDefect, ...] = ()
    layouts: tuple[str, ...] = ()
    tuned: tuple[Tuning, ...] = ()
    pin: str = ""
    revision: str = ""
    root: Path = ROOT

    @property
    def edition(self) -> str:
        """Tells it from every other one of a run: `bench.records.results.Trial.edition`."""
        return edition(self.name, self.pin, self.revision)

    def has_model(self, model: Model) -> bool:
        """Whether there is a file: of the model's family, or in the folder of one from outside."""
        if model.folder is not None:
            return implementation_of(model.folder, self.name).is_file()
        if self.families and model.family not in self.families:
            return False
        return (self.folder / f"{model.family}.py").is_file()


def discover(extra: Sequence[Path] = (), root: Path = ROOT) -> dict[str, Framework]:
    """The project's own frameworks and those in the folders `extra`, by name.

    Args:
        root: the checkout whose frameworks are the project's own.

    Raises:
        FrameworkError: a framework.toml is malformed, missing, or names a taken name.
    """
    own = sorted(path.parent for path in (root / "impls").glob(f"*/{DESCRIPTION}"))
    frameworks: dict[str, Framework] = {}
    for folder in (*own, *extra):
        framework = read_framework(folder.absolute())
        if framework.name in frameworks:
            raise FrameworkError(
                f"Two frameworks are called {framework.name!r}: "
                f"{frameworks[framework.name].folder} and {framework.folder}; rename one folder."
            )
        frameworks[framework.name] = framework
    return frameworks


def read_framework(folder: Path) -> Framework:
    """The framework in a folder.

    Raises:
        FrameworkError: its framework.toml is missing or malformed, or names what is not there.
    """
    table = read_toml(folder / DESCRIPTION, FrameworkError)
    modes = tuple(table.take_texts("modes", allowed=MODES))
    shared = table.take_table("environment")
    environment = shared.take_strings() if shared else {}
    layout = table.take_text("layout", allowed=LAYOUTS)
    framework = Framework(
        name=folder.name,
        folder=folder,
        title=table.take_text("title"),
        module=table.take_text("module"),
        python=table.take_text("python"),
        layout=layout,
        modes=modes,
        default_mode=table.take_text("default_mode", allowed=modes),
        devices=_devices(table, folder, environment),
        families=tuple(table.take_texts("families", ())),
        unbiased_variance=table.take_boolean("unbiased_variance", False),
        known_defects=tuple(_known_defect(one) for one in table.take_tables("known_defects", ())),
        layouts=tuple(table.take_texts("layouts", [layout], LAYOUTS)),
        tuned=tuple(_tuning(one) for one in table.take_tables("tuned", ())),
    )
    table.finish()
    _check(framework)
    return framework


def _check(framework: Framework) -> None:
    """Raise FrameworkError where a folder is not what its description says."""
    where = framework.folder / DESCRIPTION
    if not NAME.fullmatch(framework.name):
        raise FrameworkError(
            f"{framework.folder}: a framework cannot be called {framework.name!r}; expected small "
            "letters, digits, hyphens and underscores; rename the folder."
        )
    if framework.layout not in framework.layouts:
        raise FrameworkError(
            f"{where}: 'layout' is {framework.layout!r}, which is not in 'layouts' "
            f"({', '.join(framework.layouts)}); add it there."
        )
    values = [one for each in framework.devices.values() for one in each.environment.items()]
    values += [one for tuning in framework.tuned for one in tuning.environment.items()]
    for name, value in values:
        if unknown := [one for one in PLACEHOLDER.findall(value) if one != "{threads}"]:
            raise FrameworkError(
                f"{where}: the variable {name!r} is {value!r}; expected no other placeholder than "
                f"{{threads}}; correct {unknown[0]}."
            )
    for name in ("backend", *framework.families):
        # os.path: it says False, and does not raise, of what no file can be called.
        if not os.path.isfile(framework.folder / f"{name}.py"):
            listed = name in framework.families
            raise FrameworkError(
                f"{where}: {f'the family {name!r} is listed, and ' if listed else ''}there is no "
                f"{name}.py beside it; add the file{', or take the family out' if listed else ''}."
            )


def _known_defect(table: TomlTable) -> KnownDefect:
    defect = KnownDefect(
        name=table.take_text("name"),
        models=tuple(table.take_texts("models")),
        precision=table.take_text("precision", allowed=PRECISIONS),
        quantities=tuple(table.take_texts("quantities")),
        at_most=table.take_number("at_most", above=0),
        modes=tuple(table.take_texts("modes", MODES, MODES)),
        spoils_training=table.take_boolean("spoils_training", False),
        devices=tuple(table.take_texts("devices", DEVICES, DEVICES)),
    )
    table.finish()
    return defect


def _tuning(table: TomlTable) -> Tuning:
    variables, knobs = table.take_table("environment"), table.take_table("knobs")
    tuning = Tuning(
        models=tuple(table.take_texts("models")),
        modes=tuple(table.take_texts("modes", MODES, MODES)),
        devices=tuple(table.take_texts("devices", DEVICES, DEVICES)),
        environment=variables.take_strings() if variables else {},
        knobs=knobs.take_scalars() if knobs else {},
        layout=table.take_text("layout", None, LAYOUTS),
        reason=table.take_text("reason"),
        source=table.take_text("source"),
    )
    table.finish()
    return tuning


def _devices(
    table: TomlTable, folder: Path, environment: dict[str, str]
) -> dict[str, Requirements]:
    devices = {}
    for device in DEVICES:
        section = table.take_table(device)
        if section is None:
            continue
        variables = section.take_table("environment")
        devices[device] = Requirements(
            packages=tuple(section.take_texts("requirements")),
            constraints=_constraints(section.take_text("constraints", None), folder),
            torch_backend=section.take_text("torch_backend", None),
            environment={**environment, **(variables.take_strings() if variables else {})},
            precisions=tuple(section.take_texts("precisions", ["ieee"], TRAINING_PRECISIONS)),
            kernels=_kernels(section) if device == "cuda" else None,
        )
        section.finish()
    if not devices:
        raise FrameworkError(
            f"{folder / DESCRIPTION}: no device; add a table [cpu] or [cuda] with its requirements."
        )
    return devices


def _kernels(table: TomlTable) -> Kernels | None:
    lists = {key: table.take_texts(key, ()) for key in ("machine_code", "ptx")}
    for key, found in lists.items():
        try:
            Kernels.parse(found, ())
        except ValueError as error:
            raise table.fail(key, found, EXPECTED) from error
    return Kernels.parse(**lists) if any(lists.values()) else None


def _constraints(name: str | None, folder: Path) -> str:
    if name is None:
        return ""
    try:
        return (folder / name).read_text("utf-8")
    except OSError as error:
        raise FrameworkError(
            f"{folder / DESCRIPTION}: 'constraints' names {name!r}, which cannot be read "
            f"({error.strerror}); add the file or remove the key."
        ) from error
