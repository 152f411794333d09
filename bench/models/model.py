"""A named setting of a model family, and how its implementation is found. Standard library only."""

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from bench.errors import ModelError, WorkerError
from bench.spec import ModelSpec, Samples

NAME = re.compile("[a-z0-9]+(-[a-z0-9]+)*")


@dataclass(frozen=True)
class Model:
    """A named setting of a model family.

    Attributes:
        name: what plans, records and reports call it; stable, for dashboards keep it.
        family: the file that implements it in each framework.
        title: what reports call it.
        summary: one line for people.
        build: samples -> spec; raises ValueError for samples it cannot take.
        folder: of a model from outside, where its spec and implementations are; None of our own.
        verified_on: the data set on whose samples it is verified where nobody names models; ours
            without one are verified only where they are named or trained.
    """

    name: str
    family: str
    title: str
    summary: str
    build: Callable[[Samples], ModelSpec]
    folder: Path | None = None
    verified_on: str = ""


def check_models(models: object, family: str, path: Path) -> tuple[Model, ...]:
    """Return what a family's file declares as its MODELS.

    Raises:
        ModelError: it is no tuple of models, or their names are not what everything else goes by.
    """
    if (
        not isinstance(models, tuple)
        or not models
        or not all(isinstance(model, Model) for model in models)
    ):
        raise ModelError(
            f"{path}: MODELS is {models!r}; expected a tuple with at least one "
            "bench.models.Model; add it."
        )
    for model in models:
        if model.family != family:
            raise ModelError(
                f"{path}: the family of {model.name!r} is {model.family!r}; expected {family!r}, "
                "the folder's name; rename one of them."
            )
        if not NAME.fullmatch(model.name):
            raise ModelError(
                f"{path}: a model cannot be called {model.name!a}; expected small letters, digits "
                "and single hyphens; rename it."
            )
    if len({model.name for model in models}) != len(models):
        raise ModelError(f"{path}: two models have one name; rename one of them.")
    return models


def find_model_class(spec: ModelSpec, backend: str) -> Any:
    """Return the class that implements a spec in the framework of a backend, found by convention.

    It is called as the class of its spec, in the file that is called as its family:
    `impls/<framework>/<family>.py`. A model from outside has a file for each framework in its own
    folder, which a worker imports under that same name.

    Args:
        backend: name of a module in the framework's package: `__name__`.

    Raises:
        WorkerError: the family's file has no class of that name.
    """
    module = import_module(f"{backend.rpartition('.')[0]}.{spec.family}")
    name = type(spec).__name__
    if not hasattr(module, name):
        raise WorkerError(
            f"{module.__file__} has no class {name!r}; expected one that is called as the spec's; "
            "rename it."
        )
    return getattr(module, name)


def take_image(title: str, samples: Samples, sides: Collection[int]) -> tuple[int, int, int]:
    """Return the shape of square images.

    Raises:
        ValueError: they are no images, or have other sides than a model can take.
    """
    shape = samples.shape
    if len(shape) != 3 or shape[1] != shape[2] or shape[1] not in sides:
        expected = " or ".join(f"{side}x{side}" for side in sides)
        raise ValueError(f"{title} takes images of {expected}, got the shape {shape}.")
    channels, height, width = shape
    return channels, height, width
