"""Models from outside: folders of the user's with a spec.py and a file for each framework.

Such a folder is named after its family. Its files are what they would be in this project:
`spec.py` is imported as `bench.models.<family>`, and the file of a framework, such as
`pytorch.py`, as `impls.pytorch.<family>`, so that imports between them are the same. Standard
library only; a spec is too.
"""

import importlib.util
import os
import re
import sys
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import is_dataclass, replace
from pathlib import Path
from types import ModuleType

from bench import models as own
from bench.errors import ModelError
from bench.models.model import Model, check_models
from bench.spec import Layer, ModelSpec, Param, Samples, arrays_of

SPEC = "spec.py"
FAMILY = re.compile("[a-z][a-z0-9_]*")
PARTS = {"statistics": Param, "parameters": Param, "forward_layers": Layer}


def implementation_of(folder: Path, framework: str) -> Path:
    """The file that implements a model from outside in a framework, whether or not it is there."""
    return folder / f"{framework}.py"


def find_model(name: str, folder: str) -> Model:
    """The model of a job: one of the project's own, or in a folder from outside.

    Raises:
        ModelError: the folder cannot be used.
    """
    return read_models(Path(folder))[name] if folder else own.MODELS[name]


def read_outside_models(folders: Iterable[Path], taken: Collection[str]) -> dict[str, Model]:
    """The models in some folders by name.

    Raises:
        ModelError: a folder has no model that can be used, or a name is taken.
    """
    models: dict[str, Model] = {}
    for folder in folders:
        for name, model in read_models(folder.absolute()).items():
            if name in models or name in taken:
                raise ModelError(
                    f"{folder / SPEC}: there is a model {name!r} already; expected a name of its "
                    "own; rename it."
                )
            models[name] = model
    return models


def read_models(folder: Path) -> dict[str, Model]:
    """The models in a folder by name.

    Raises:
        ModelError: it has none that can be used.
    """
    family = folder.name
    path = folder / SPEC
    if not FAMILY.fullmatch(family) or (Path(__file__).parent / f"{family}.py").exists():
        raise ModelError(
            f"--model-folder {folder}: a family cannot be called {family!a}; expected small "
            "letters, digits and underscores, and no family of this project; rename the folder."
        )
    if not os.path.isfile(path):
        raise ModelError(
            f"--model-folder {folder}: there is no {SPEC}; expected the folder of a model; see "
            "docs/extend/adding-a-model.md."
        )
    module = load_file(f"bench.models.{family}", path)
    models = check_models(getattr(module, "MODELS", None), family, path)
    return {model.name: _from_outside(model, folder) for model in models}


def load_file(name: str, path: Path) -> ModuleType:
    """A file as the module of that name, whatever was imported under it before.

    Raises:
        ModelError: it cannot be imported.
    """
    specification = importlib.util.spec_from_file_location(name, path)
    assert specification is not None  # of a file there is one
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    # Dataclasses look their own module up.
    sys.modules[name] = module
    try:
        specification.loader.exec_module(module)
    # The user's own code: it may raise whatever it likes.
    except Exception as error:
        del sys.modules[name]
        raise ModelError(f"{path} cannot be imported ({_words(error)}); correct it.") from error
    return module


def _from_outside(model: Model, folder: Path) -> Model:
    """The model with its folder, its spec checked each time that it is made."""

    def build(samples: Samples) -> ModelSpec:
        try:
            spec = model.build(samples)
            wrong = _mistake(spec, samples)
        except ValueError:
            raise  # the model does not take these samples
        # The user's own code: it may raise whatever it likes.
        except Exception as error:
            raise ModelError(
                f"{folder / SPEC}: the spec of {model.name!r} on samples of the shape "
                f"{samples.shape} cannot be made ({_words(error)}); correct it."
            ) from error
        if wrong is not None:
            raise ModelError(f"{folder / SPEC}: {model.name!r} {wrong}; correct it.")
        return spec

    return replace(model, build=build, folder=folder)


def _mistake(spec: ModelSpec, samples: Samples) -> str | None:
    """What is wrong with a spec, if anything: what it says of itself, and its manifest."""
    # Its repr is part of what a certificate stands for, and a field can be replaced.
    if not is_dataclass(spec):
        return "is no dataclass"
    own, expected = (tuple(spec.input_shape), spec.classes), (samples.shape, samples.classes)
    if own != expected:
        return f"has the input_shape and classes {own}, not those of its samples, {expected}"
    for part, kind in PARTS.items():
        if not all(isinstance(item, kind) for item in getattr(spec, part)()):
            return f"has {part}() that are not all of bench.spec.{kind.__name__}"
        if part == "parameters":
            if not spec.parameters():
                return "has no parameters()"
            counts = Counter(param.name for param in arrays_of(spec))
            if repeated := [name for name, count in counts.items() if count > 1]:
                return f"has several arrays called {', '.join(repeated)}"
    return None


def _words(error: Exception) -> str:
    """The kind of an error and its first line."""
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__
