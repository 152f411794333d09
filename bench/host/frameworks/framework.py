"""Finds the frameworks: folders with a framework.toml. Reads TOML, imports nothing of them."""

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.errors import FrameworkError
from bench.host.frameworks.requirements import (
    DESCRIPTION,
    DEVICES,
    Requirements,
    read_requirements,
)
from bench.host.toml_table import TomlTable, read_toml
from bench.job import Knob
from bench.models import Model
from bench.models.outside import implementation_of
from bench.protocol.verification import PRECISIONS
from bench.records.results import edition

ROOT = Path(__file__).parents[3]
LAYOUTS = ("NCHW", "NHWC")
MODES = ("eager", "compiled", "xla")
# The name becomes a package's: impls.<name>.
NAME = re.compile("[a-z][a-z0-9_-]*")
PLACEHOLDER = re.compile(r"\{\w*\}")


@dataclass(frozen=True)
class KnownDefect:
    """A defect of the framework itself, by which quantities of a verification differ.

    Attributes:
        name: a few words on what is wrong, with a source where there is one.
        models: names of the models that it concerns.
        precision: number format in which it shows.
        quantities: patterns (fnmatch) of the names of quantities that it explains.
        at_most: largest error that it explains.
        modes, devices: where it shows.
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
    """The best-known settings for some models, which `tuned` trials add to the defaults.

    Attributes:
        models: patterns (fnmatch) of the names of models.
        modes, devices: where they hold.
        environment: variables of the worker, `{threads}` standing for their number.
        knobs: settings of the implementation, by its own names.
        layout: layout of images, where another than the framework's own is better.
        reason: a few words on what they do.
        source: place that recommends them, or measurement.
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
    """A framework as its framework.toml describes it.

    Attributes:
        name: name of the folder, which plans and records use.
        module: module that its interpreter imports.
        python: version specifier of the environment's Python.
        layout: layout of images, `NCHW` or `NHWC`, that its users have.
        layouts: layouts that it can compute in.
        families: model families that it has, where framework.toml names them; else those whose
            file is there.
        default_mode: mode that most of its users train in.
        devices: requirements by device.
        unbiased_variance: whether it keeps running variances with the divisor n - 1.
        known_defects: defects that every verification shows.
        tuned: best-known settings; those that hold for a trial are added up.
        pin: version that was asked for; empty for that of its own requirements.
        revision: samestep's commit that it is from, where it is another than the checkout's.
        root: checkout whose worker runs it.
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
        """Name that no other one has in a run: `bench.records.results.Trial.edition`."""
        return edition(self.name, self.pin, self.revision)

    def has_model(self, model: Model) -> bool:
        """Tell whether there is the model's file, and framework.toml does not leave it out."""
        is_named = model.folder or not self.families or model.family in self.families
        return bool(is_named) and self.get_model_file(model).is_file()

    def get_model_file(self, model: Model) -> Path:
        """Return the file of a model, here or in the folder of one from outside."""
        if model.folder is not None:
            return implementation_of(model.folder, self.name)
        return self.folder / f"{model.family}.py"


def discover(extra: Sequence[Path] = (), root: Path = ROOT) -> dict[str, Framework]:
    """Read the project's own frameworks and those in the folders `extra`, by name.

    Args:
        root: checkout whose frameworks are the project's own.

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
    """Read the framework in a folder.

    Raises:
        FrameworkError: its framework.toml is missing or malformed, or names what is not there.
    """
    table = read_toml(folder / DESCRIPTION, FrameworkError)
    modes = tuple(table.take_texts("modes", allowed=MODES))
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
        devices=read_requirements(table, folder),
        families=tuple(table.take_texts("families", ())),
        unbiased_variance=table.take_boolean("unbiased_variance", False),
        known_defects=tuple(map(_read_defect, table.take_tables("known_defects", ()))),
        layouts=tuple(table.take_texts("layouts", [layout], LAYOUTS)),
        tuned=tuple(map(_read_tuning, table.take_tables("tuned", ()))),
    )
    table.finish()
    _check(framework)
    return framework


def _check(framework: Framework) -> None:
    where = framework.folder / DESCRIPTION
    if not NAME.fullmatch(framework.name):
        raise FrameworkError(
            f"{framework.folder}: a framework cannot be called {framework.name!a}; expected small "
            "letters, digits, hyphens and underscores; rename the folder."
        )
    if framework.layout not in framework.layouts:
        raise FrameworkError(
            f"{where}: 'layout' is {framework.layout!r}, which is not in 'layouts' "
            f"({', '.join(framework.layouts)}); add it there."
        )
    environments = [requirements.environment for requirements in framework.devices.values()]
    environments += [tuning.environment for tuning in framework.tuned]
    for name, value in (item for variables in environments for item in variables.items()):
        if unknown := [each for each in PLACEHOLDER.findall(value) if each != "{threads}"]:
            raise FrameworkError(
                f"{where}: the variable {name!r} is {value!r}; expected no other placeholder than "
                f"{{threads}}; correct {unknown[0]}."
            )
    for name in ("backend", *framework.families):
        # os.path: it says False, and does not raise, of what no file can be called.
        if not os.path.isfile(framework.folder / f"{name}.py"):
            is_family = name in framework.families
            raise FrameworkError(
                f"{where}: {f'the family {name!r} is listed, and ' if is_family else ''}there is "
                f"no {name}.py beside it; add the file"
                f"{', or take the family out' if is_family else ''}."
            )


def _read_defect(table: TomlTable) -> KnownDefect:
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


def _read_tuning(table: TomlTable) -> Tuning:
    tuning = Tuning(
        models=tuple(table.take_texts("models")),
        modes=tuple(table.take_texts("modes", MODES, MODES)),
        devices=tuple(table.take_texts("devices", DEVICES, DEVICES)),
        environment=table.take_strings("environment"),
        knobs=table.take_scalars("knobs"),
        layout=table.take_text("layout", None, LAYOUTS),
        reason=table.take_text("reason"),
        source=table.take_text("source"),
    )
    table.finish()
    return tuning
